"""A Cosmos DB of our own, for tests that go through the real SDK."""

import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from azure.cosmos.aio import ContainerProxy, CosmosClient
from quartet_emulators.cosmos import CosmosEmulator

from quartet.azure.cosmos.client import cosmos_client
from quartet.azure.cosmos.provision import open_database
from quartet.azure.credentials import Credentials
from quartet.azure.settings import Settings
from quartet.engine.declaration.participant import ContainerSpec

AGENT = "quartet-tests"


@dataclass(frozen=True, slots=True)
class Cosmos:
    """A running emulator and a client that the runtime made."""

    settings: Settings
    client: CosmosClient
    counters: Counter[tuple[str, str]]
    stop: Callable[[], Awaitable[None]]

    async def container(self, name: str, partition_key: str = "/pk") -> ContainerProxy:
        """A new container, in a database of its own name."""
        return await self.container_of(ContainerSpec(name, partition_key))

    async def container_of(self, spec: ContainerSpec) -> ContainerProxy:
        """The same, as a program declares it."""
        specs = (spec, ContainerSpec("deployment", "/id"))
        database = await open_database(self.client, spec.name, specs, buckets=16, may_create=True)
        return database.get_container_client(spec.name)

    def requests(self, operation: str) -> int:
        """How many requests of this kind the tests' client has made."""
        return self.counters[AGENT, operation]


@asynccontextmanager
async def running_cosmos(data_dir: Path, clock: Callable[[], float] = time.time) -> AsyncIterator[Cosmos]:
    """An emulator on a free port, and a client for it."""
    counters: Counter[tuple[str, str]] = Counter()
    emulator = CosmosEmulator(data_dir, counters=counters, clock=clock)
    await emulator.start()
    settings = Settings(
        cosmos_connection_string=emulator.connection_string,
        event_hubs_connection_string="not used",
        blob_connection_string="not used",
    )
    try:
        async with Credentials() as credentials, cosmos_client(settings, credentials, AGENT) as client:
            yield Cosmos(settings, client, counters, emulator.stop)
    finally:
        await emulator.stop()
