"""One replica of a service: the real parts, put together as `shared.runtime.service` does it, on servers in memory."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, cast

from azure.cosmos.aio import ContainerProxy, DatabaseProxy
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient
from structlog.typing import FilteringBoundLogger

from quartet.local_stack import SIMULATED_PORTS
from shared.runtime.batch import Batch
from shared.runtime.checkpoints import Checkpoints
from shared.runtime.consumer import Consumer
from shared.runtime.cosmos_dead_letters import CosmosDeadLetters
from shared.runtime.cosmos_records import CosmosRecords
from shared.runtime.engine import Engine
from shared.runtime.event_hubs import HubPublisher
from shared.runtime.participant import DEAD_LETTERS
from shared.runtime.ports import Message
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
from tests.simulation.watcher import Watcher

# In most runs a record forgets so early that every redelivery meets it, and its line is full at once.
_LIMITS = (
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
    watcher: Watcher
    settings: Settings
    room: int
    seed: int


class Replica:
    """The parts of one process. `run` never returns: the process is killed."""

    def __init__(self, service: Service[Any], process: Process, servers: Servers, *, look_first: bool = False) -> None:
        participant, settings = service.participant, servers.settings
        self.process = process
        self._watcher = servers.watcher
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
            limits=_LIMITS[servers.seed % len(_LIMITS)],
        )
        self._slow: dict[asyncio.Task[None], Batch] = {}
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
            process=self._handle,
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

    async def _handle(self, partition: str, messages: Sequence[Message]) -> Batch:
        batch = await self.engine.process(partition, messages)
        # With each batch, the checkpoint may also pass what was slow in those before.
        for one in (batch, *self._slow.values()):
            self._processed(one)
        if batch.first_unfinished is not None:
            task = asyncio.create_task(batch.finish())
            self._slow[task] = batch
            task.add_done_callback(self._finished)
        return batch

    def _finished(self, task: "asyncio.Task[None]") -> None:
        batch = self._slow.pop(task)
        if not task.cancelled():
            self._processed(batch)

    def _processed(self, batch: Batch) -> None:
        lowest = batch.first_unfinished
        done = [message for message in batch.messages if lowest is None or message.sequence_number < lowest]
        if self.process.alive:
            self._watcher.processed(self.process.service, batch.partition, done)


def _container(database: MemoryDatabase, name: str) -> ContainerProxy:
    return cast(ContainerProxy, database.get_container_client(name))
