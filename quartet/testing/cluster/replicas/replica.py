"""One process of a service: the real parts, put together as `quartet.process.service` does it, on servers in memory."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any, cast

from azure.cosmos.aio import ContainerProxy, DatabaseProxy
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore
from structlog.typing import FilteringBoundLogger

from quartet.azure.cosmos.records import CosmosRecords
from quartet.azure.event_hubs.checkpoints import Checkpoints
from quartet.azure.event_hubs.client import HubPublisher
from quartet.azure.event_hubs.consumer import Consumer
from quartet.azure.event_hubs.stale_checkpoints import StaleCheckpoints
from quartet.engine.declaration.participant import DEPLOYMENT
from quartet.engine.engine import Engine, OnRedrive
from quartet.engine.errors import OutageError
from quartet.engine.failures.stall_detector import StallDetector
from quartet.process.health import Health
from quartet.process.service import Service, ServiceContext
from quartet.process.watchdog import Watchdog
from quartet.testing.cluster.clients.container import MemoryDatabase
from quartet.testing.cluster.clients.management import CheckpointStore, HubProperties
from quartet.testing.cluster.clients.receiver import Receiver
from quartet.testing.cluster.clients.sender import Sender
from quartet.testing.cluster.machine.process import Process
from quartet.testing.cluster.machine.trace import Log
from quartet.testing.cluster.plan.plan import EPOCH
from quartet.testing.cluster.replicas.ports import Unreliable
from quartet.testing.cluster.replicas.setup import Setup, record_limits_of


class Replica:
    """The parts of one process.

    Attributes:
        process: the process that they run in.
        stopping: set to make it end in order.
        engine, letters, context: what the service works with.
        owned: the partitions that it receives from.
        consumer: what receives; there is none before `run`.
    """

    consumer: Consumer

    def __init__(self, service: Service[Any, Any], process: Process, setup: Setup, *, look_first: bool = False) -> None:
        participant, settings = service.participant, setup.settings
        self.process = process
        self.stopping = asyncio.Event()
        self._service = service
        self._setup = setup
        self._clients = 0
        loop = asyncio.get_running_loop()
        self._log = log = cast(FilteringBoundLogger, Log(process.name, setup.network.trace))
        database = MemoryDatabase(setup.cosmos, setup.network, process, participant.database)
        producer = Sender(setup.hub, setup.network, process, setup.room)
        self._publisher = publisher = HubPublisher(cast(EventHubProducerClient, producer))
        self.owned: set[str] = set()
        self.context = context = ServiceContext(
            settings,
            cast(DatabaseProxy, database),
            publisher,
            self.owned,
            lambda: EPOCH + timedelta(seconds=loop.time() + process.skew),
            log,
            setup.limits,
            setup.own_settings.get(participant.name),
        )
        self.letters = service.dead_letters(context)
        self._engine_log = Log(process.name, setup.network.trace)
        self._ports = Unreliable(service.adapter(setup.ports).make(context), process.random)
        self._records = CosmosRecords(
            _container(database, participant.container), participant.state, settings.buckets, setup.limits
        )
        redriver = service.redriver(context, self._new_engine(look_first=True), self.letters)
        self.engine = self._new_engine(look_first=look_first, on_redrive=redriver.answer)
        self._stale = StaleCheckpoints(
            cast(EventHubProducerClient, HubProperties(setup.hub, setup.network, process)),
            cast(BlobCheckpointStore, CheckpointStore(setup.blobs, setup.network, process)),
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
            limits=record_limits_of(self._setup.seed),
            on_redrive=on_redrive,
        )

    def time_out(self, calls: int) -> None:
        """Make the next calls of the ports time out, some of them after they have acted."""
        self._ports.time_out(calls)

    def hang(self, calls: int) -> None:
        """Make the next calls of the ports never answer, some of them after they have acted."""
        self._ports.hang(calls)

    def break_log(self, seconds: float) -> None:
        """Make every log line of the engine fail for some `seconds`."""
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
        """Do what the process does, until `stopping` is set."""
        async with AsyncExitStack() as stack:
            await self.open_port(stack)
            await self._reset_stale_checkpoints()
            await self._work()

    async def _work(self) -> None:
        settings, clock = self._setup.settings, asyncio.get_running_loop().time
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
            starts=self._service.participant.starts,
        )
        hub = HubProperties(self._setup.hub, self._setup.network, self.process)
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

    async def open_port(self, stack: AsyncExitStack) -> Any:  # noqa: ANN401 -- whatever the service makes
        """The port, which `stack` closes if it must be closed."""
        await self._ports.open(stack)
        return self._ports

    async def restart(self) -> None:
        """Receive with a new client, as the watchdog does it."""

        async def nothing() -> None:
            """Do nothing between the two clients."""

        await self.consumer.restart(nothing)

    async def _reset_stale_checkpoints(self) -> None:
        """Do what a service does when it starts."""
        while True:
            try:
                await self._stale.reset()
            except OutageError:
                await asyncio.sleep(1)
            else:
                return

    def _connect(self) -> EventHubConsumerClient:
        self._clients += 1
        setup = self._setup
        receiver = Receiver(
            setup.hub,
            setup.blobs,
            setup.network,
            self.process,
            interval=setup.settings.load_balancing_seconds,
            expires=setup.settings.ownership_expires_seconds,
            number=self._clients,
        )
        return cast(EventHubConsumerClient, receiver)

    async def _prepare(self, partition: str) -> None:
        await self.engine.prepare()
        await self._publisher.open(partition)


def _container(database: MemoryDatabase, name: str) -> ContainerProxy:
    return cast(ContainerProxy, database.get_container_client(name))
