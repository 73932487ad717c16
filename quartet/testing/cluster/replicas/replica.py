"""One process of a service: the real parts, put together as `quartet.process.service` does it, on servers in memory."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from typing import Any, cast

from azure.cosmos.aio import ContainerProxy, DatabaseProxy
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore
from structlog.typing import FilteringBoundLogger

from quartet.azure.cosmos.records import CosmosRecords
from quartet.azure.event_hubs.client import HubPublisher
from quartet.azure.event_hubs.stale_checkpoints import StaleCheckpoints
from quartet.engine.declaration.hubs import MAIN
from quartet.engine.declaration.participant import DEPLOYMENT
from quartet.engine.engine import Engine, OnRedrive
from quartet.engine.errors import OutageError
from quartet.process.health import Health
from quartet.process.hub_listener import HubListener, HubServers
from quartet.process.service import Service, ServiceContext
from quartet.testing.cluster.clients.container import MemoryDatabase
from quartet.testing.cluster.clients.management import CheckpointStore, HubProperties
from quartet.testing.cluster.clients.receiver import Receiver
from quartet.testing.cluster.clients.sender import Sender
from quartet.testing.cluster.machine.process import Process
from quartet.testing.cluster.machine.trace import Log
from quartet.testing.cluster.plan.plan import EPOCH
from quartet.testing.cluster.replicas.ports import Unreliable
from quartet.testing.cluster.replicas.setup import Setup, record_limits_of
from quartet.testing.cluster.servers.hub import Hub


class Replica:
    """The parts of one process.

    Attributes:
        process: the process that they run in.
        stopping: set to make it end in order.
        engine, letters, context: what the service works with.
        owned: the partitions that it receives from.
        listeners: what receives, one for each hub; there are none before `run`.
    """

    listeners: Sequence[HubListener] = ()

    def __init__(self, service: Service[Any, Any], process: Process, setup: Setup, *, look_first: bool = False) -> None:
        participant, settings = service.participant, setup.settings
        self.process = process
        self.stopping = asyncio.Event()
        self._service = service
        self._setup = setup
        self._clients: Counter[str] = Counter()
        loop = asyncio.get_running_loop()
        self._log = log = cast(FilteringBoundLogger, Log(process.name, setup.network.trace))
        database = MemoryDatabase(setup.cosmos, setup.network, process, participant.database)
        self._layout = layout = setup.layout
        own = setup.hubs[layout.label(layout.written_by(participant.name))]
        producer = Sender(own, setup.network, process, setup.room)
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

    def _hub_servers(self, hub: Hub) -> HubServers:
        setup = self._setup
        properties = cast(EventHubProducerClient, HubProperties(hub, setup.network, self.process))
        store = cast(BlobCheckpointStore, CheckpointStore(hub, setup.blobs, setup.network, self.process))
        deployment = self.context.database.get_container_client(DEPLOYMENT.name)
        stale = StaleCheckpoints(properties, store, deployment, self.process.service, self._log, label=hub.label)
        connect = partial(self._connect, hub)
        return HubServers(hub.label, properties, connect(), connect, stale)

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
            hubs=self._layout,
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
        """The name under which its client owns partitions of the main hub."""
        return f"{self.process.name}/{self.process.life}.{self._clients[MAIN]}"

    async def run(self) -> None:
        """Do what the process does, until `stopping` is set."""
        async with AsyncExitStack() as stack:
            await self.open_port(stack)
            participant, layout = self._service.participant, self._layout
            hubs = [self._hub_servers(self._setup.hubs[layout.label(hub)]) for hub in layout.read_by(participant)]
            await _reset_stale_checkpoints(hubs)
            await self._work(hubs)

    async def _work(self, hubs: Sequence[HubServers]) -> None:
        self.listeners = [
            HubListener(
                hub,
                self._setup.settings,
                process=self.engine.process,
                prepare=self._prepare,
                log=self._log,
                clock=asyncio.get_running_loop().time,
                starts=self._service.participant.starts,
                owned=self.owned if hub.label == MAIN else None,
            )
            for hub in hubs
        ]
        await self._service._work(self.context, self.listeners, (), Health(), self.stopping)  # noqa: SLF001 -- it is what is checked

    async def open_port(self, stack: AsyncExitStack) -> Any:  # noqa: ANN401 -- whatever the service makes
        """The port, which `stack` closes if it must be closed."""
        await self._ports.open(stack)
        return self._ports

    async def restart(self) -> None:
        """Receive with a new client, as the watchdog does it."""

        async def nothing() -> None:
            """Do nothing between the two clients."""

        await asyncio.gather(*(listener.consumer.restart(nothing) for listener in self.listeners))

    def _connect(self, hub: Hub) -> EventHubConsumerClient:
        self._clients[hub.label] += 1
        setup = self._setup
        receiver = Receiver(
            hub,
            setup.blobs,
            setup.network,
            self.process,
            interval=setup.settings.load_balancing_seconds,
            expires=setup.settings.ownership_expires_seconds,
            number=self._clients[hub.label],
        )
        return cast(EventHubConsumerClient, receiver)

    async def _prepare(self, partition: str) -> None:
        await self.engine.prepare()
        await self._publisher.open(partition)


async def _reset_stale_checkpoints(hubs: Sequence[HubServers]) -> None:
    """Do what a service does when it starts."""
    for hub in hubs:
        while True:
            try:
                await hub.stale_checkpoints.reset()
            except OutageError:
                await asyncio.sleep(1)
            else:
                break


def _container(database: MemoryDatabase, name: str) -> ContainerProxy:
    return cast(ContainerProxy, database.get_container_client(name))
