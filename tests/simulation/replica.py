"""One replica of a service: the real parts, put together as `shared.runtime.service` does it, on servers in memory."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, cast

from azure.cosmos.aio import ContainerProxy, DatabaseProxy
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient
from structlog.typing import FilteringBoundLogger

from quartet.local_stack import SIMULATED_PORTS
from shared.runtime.checkpoints import Checkpoints
from shared.runtime.consumer import Consumer
from shared.runtime.cosmos_dead_letters import CosmosDeadLetters
from shared.runtime.cosmos_records import CosmosRecords
from shared.runtime.engine import Engine
from shared.runtime.event_hubs import HubPublisher
from shared.runtime.participant import DEAD_LETTERS
from shared.runtime.progress import Progress
from shared.runtime.record import RecordLimits
from shared.runtime.service import Service, Surroundings
from shared.runtime.settings import Settings
from tests.simulation.cosmos import MemoryCosmos, MemoryDatabase
from tests.simulation.hub import Blobs, Hub
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


def limits_of(seed: int) -> RecordLimits:
    """How much the records of a run keep."""
    return _LIMITS[seed % len(_LIMITS)]


EPOCH = datetime.fromisoformat("2026-07-01T12:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Servers:
    """What all replicas share, and how they are set up."""

    cosmos: MemoryCosmos
    hub: Hub
    blobs: Blobs
    network: Network
    settings: Settings
    room: int
    seed: int


class Replica:
    """The parts of one process. `run` never returns: the process is killed."""

    def __init__(self, service: Service[Any], process: Process, servers: Servers, *, look_first: bool = False) -> None:
        participant, settings = service.participant, servers.settings
        self.process = process
        loop = asyncio.get_running_loop()
        log = cast(FilteringBoundLogger, Log(process.name, servers.network.trace))
        database = MemoryDatabase(servers.cosmos, servers.network, process, participant.database)
        publisher = HubPublisher(
            cast(EventHubProducerClient, Sender(servers.hub, servers.network, process, servers.room))
        )
        self._publisher = publisher
        owned: set[str] = set()
        self.around = around = Surroundings(
            settings,
            cast(DatabaseProxy, database),
            publisher,
            owned,
            lambda: EPOCH + timedelta(seconds=loop.time() + process.skew),
            log,
        )
        self.letters = CosmosDeadLetters(_container(database, DEAD_LETTERS.name), settings.buckets)
        self._ports = Unreliable(service.adapter(SIMULATED_PORTS).make(around), process.random)
        self.engine: Engine[Any] = Engine(
            participant,
            ports=self._ports,
            store=CosmosRecords(_container(database, participant.container), participant.state, settings.buckets),
            publisher=publisher,
            dead_letters=self.letters,
            buckets=settings.buckets,
            now=around.now,
            rng=process.random,
            log=log,
            look_first=look_first,
            limits=limits_of(servers.seed),
        )
        self._checkpoints = Checkpoints(settings.checkpoint_seconds, log)
        receiver = Receiver(
            servers.hub,
            servers.blobs,
            servers.network,
            process,
            interval=settings.load_balancing_seconds,
            expires=settings.ownership_expires_seconds,
        )
        self._consumer = Consumer(
            cast(EventHubConsumerClient, receiver),
            connect=lambda: cast(EventHubConsumerClient, receiver),
            process=self.engine.process,
            prepare=self._prepare,
            checkpoints=self._checkpoints,
            owned=owned,
            progress=Progress(settings.watchdog_seconds),
            log=log,
        )
        self._background = [partial(work, around) for work in service.background]

    def time_out(self, calls: int) -> None:
        """Let the next calls of the ports time out, some of them after they have acted."""
        self._ports.time_out(calls)

    async def run(self) -> None:
        """Everything that the process does."""
        await asyncio.gather(self._consumer.run(), self._checkpoints.run(), *(work() for work in self._background))

    async def _prepare(self, partition: str) -> None:
        await self.engine.prepare()
        await self._publisher.open(partition)


def _container(database: MemoryDatabase, name: str) -> ContainerProxy:
    return cast(ContainerProxy, database.get_container_client(name))
