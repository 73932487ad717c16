"""One replica of a service: the real parts, put together as `quartet.process.service` does it, on servers in memory."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from azure.cosmos.aio import ContainerProxy, DatabaseProxy
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore
from structlog.typing import FilteringBoundLogger

from quartet.azure.cosmos.client import BatchLimits
from quartet.azure.cosmos.dead_letters import CosmosDeadLetters
from quartet.azure.cosmos.records import CosmosRecords
from quartet.azure.environment import EnvironmentSettings
from quartet.azure.event_hubs.checkpoints import Checkpoints
from quartet.azure.event_hubs.client import HubPublisher
from quartet.azure.event_hubs.consumer import Consumer
from quartet.azure.event_hubs.stale_checkpoints import StaleCheckpoints
from quartet.azure.settings import Settings
from quartet.engine.declaration.participant import DEAD_LETTERS, DEPLOYMENT
from quartet.engine.engine import Engine, OnRedrive
from quartet.engine.errors import OutageError
from quartet.engine.failures.stall_detector import StallDetector
from quartet.engine.records.record import RecordLimits
from quartet.process.health import Health
from quartet.process.service import Service, ServiceContext
from quartet.process.watchdog import Watchdog
from services.operations.participants import SIMULATED_PORTS
from tests.simulation.cosmos import MemoryCosmos, MemoryDatabase
from tests.simulation.hub import Blobs, Hub
from tests.simulation.management import CheckpointStore, HubProperties
from tests.simulation.network import Network
from tests.simulation.ports import Unreliable
from tests.simulation.process import Process
from tests.simulation.receiver import Receiver
from tests.simulation.sender import Sender
from tests.simulation.trace import Log

# In half of the runs a record forgets so early that every redelivery meets it, and its line is full at once.
_LIMITS = (
    RecordLimits(),
    RecordLimits(),
    RecordLimits(),
    RecordLimits(handled=1, parked=1),
    RecordLimits(handled=2, parked=2),
    RecordLimits(handled=3, handled_bytes=3000, parked=3),
)

EPOCH = datetime.fromisoformat("2026-07-01T12:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Servers:
    """What all replicas share, and how they are set up."""

    cosmos: MemoryCosmos
    hub: Hub
    blobs: Blobs
    network: Network
    settings: Settings
    own_settings: Mapping[str, EnvironmentSettings]
    limits: BatchLimits
    room: int
    seed: int


class Replica:
    """The parts of one process.

    Attributes:
        stopping: set to have it end in good order.
    """

    def __init__(
        self, service: Service[Any, Any], process: Process, servers: Servers, *, look_first: bool = False
    ) -> None:
        participant, settings = service.participant, servers.settings
        self.process = process
        self.stopping = asyncio.Event()
        self._service = service
        self._servers = servers
        self._clients = 0
        loop = asyncio.get_running_loop()
        self._log = log = cast(FilteringBoundLogger, Log(process.name, servers.network.trace))
        database = MemoryDatabase(servers.cosmos, servers.network, process, participant.database)
        producer = Sender(servers.hub, servers.network, process, servers.room)
        self._publisher = publisher = HubPublisher(cast(EventHubProducerClient, producer))
        self.owned: set[str] = set()
        self.context = context = ServiceContext(
            settings,
            cast(DatabaseProxy, database),
            publisher,
            self.owned,
            lambda: EPOCH + timedelta(seconds=loop.time() + process.skew),
            log,
            servers.limits,
            servers.own_settings.get(participant.name),
        )
        self.letters = CosmosDeadLetters(_container(database, DEAD_LETTERS.name), settings.buckets, servers.limits)
        self._engine_log = Log(process.name, servers.network.trace)
        self._ports = Unreliable(service.adapter(SIMULATED_PORTS).make(context), process.random)
        self._records = CosmosRecords(
            _container(database, participant.container), participant.state, settings.buckets, servers.limits
        )
        redriver = service.redriver(context, self._new_engine(look_first=True), self.letters)
        self.engine = self._new_engine(look_first=look_first, on_redrive=redriver.answer)
        self._stale = StaleCheckpoints(
            cast(EventHubProducerClient, HubProperties(servers.hub, servers.network, process)),
            cast(BlobCheckpointStore, CheckpointStore(servers.blobs, servers.network, process)),
            _container(database, DEPLOYMENT.name),
            process.service,
            log,
        )

    def _new_engine(self, *, look_first: bool, on_redrive: OnRedrive | None = None) -> Engine[Any]:
        return Engine(
            self._service.participant,
            ports=self._ports,
            store=self._records,
            publisher=self._publisher,
            dead_letters=self.letters,
            buckets=self.context.settings.buckets,
            now=self.context.now,
            rng=self.process.random,
            log=cast(FilteringBoundLogger, self._engine_log),
            look_first=look_first,
            limits=_LIMITS[self._servers.seed % len(_LIMITS)],
            on_redrive=on_redrive,
        )

    def time_out(self, calls: int) -> None:
        """Let the next calls of the ports time out, some of them after they have acted."""
        self._ports.time_out(calls)

    def hang(self, calls: int) -> None:
        """Let the next calls of the ports never answer, some of them after they have acted."""
        self._ports.hang(calls)

    def break_log(self, seconds: float) -> None:
        """Let every log line of the engine fail for so many seconds."""
        self._engine_log.break_for(seconds)

    @property
    def service_name(self) -> str:
        """The name of the participant."""
        return str(self._service.participant.name)

    @property
    def receives_as(self) -> str:
        """The name under which its client owns partitions."""
        return f"{self.process.name}/{self.process.life}.{self._clients}"

    async def run(self) -> None:
        """Everything that the process does, until it is told to stop."""
        settings, clock = self._servers.settings, asyncio.get_running_loop().time
        await self._put_stale_checkpoints_back()
        checkpoints = Checkpoints(settings.checkpoint_seconds, self._log)
        self.consumer = Consumer(
            self._connect(),
            connect=self._connect,
            process=self.engine.process,
            prepare=self._prepare,
            checkpoints=checkpoints,
            owned=self.owned,
            progress=StallDetector(settings.watchdog_seconds),
            log=self._log,
        )
        hub = HubProperties(self._servers.hub, self._servers.network, self.process)
        watchdog = Watchdog(
            self.consumer,
            cast(EventHubProducerClient, hub),
            self._stale,
            owned=self.owned,
            restart_after=settings.watchdog_seconds,
            log=self._log,
            clock=clock,
        )
        beside: tuple[Callable[[], Awaitable[None]], ...] = (checkpoints.run, watchdog.run)
        await self._service._work(self.context, self.consumer, beside, Health(), self.stopping)  # noqa: SLF001 -- it is what is checked

    async def restart(self) -> None:
        """Receive with a new client, as the watchdog has it done."""

        async def nothing() -> None:
            """Nothing is done meanwhile."""

        await self.consumer.restart(nothing)

    async def _put_stale_checkpoints_back(self) -> None:
        """As a service does at its start."""
        while True:
            try:
                await self._stale.reset()
            except OutageError:
                await asyncio.sleep(1)
            else:
                return

    def _connect(self) -> EventHubConsumerClient:
        self._clients += 1
        settings, servers = self._servers.settings, self._servers
        receiver = Receiver(
            servers.hub,
            servers.blobs,
            servers.network,
            self.process,
            interval=settings.load_balancing_seconds,
            expires=settings.ownership_expires_seconds,
            number=self._clients,
        )
        return cast(EventHubConsumerClient, receiver)

    async def _prepare(self, partition: str) -> None:
        await self.engine.prepare()
        await self._publisher.open(partition)


def _container(database: MemoryDatabase, name: str) -> ContainerProxy:
    return cast(ContainerProxy, database.get_container_client(name))
