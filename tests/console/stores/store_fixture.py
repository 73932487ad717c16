"""A container of the projection, on a server that can be made to fail."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.cosmos.aio import ContainerProxy
from quartet_emulators.cosmos import CosmosEmulator
from quartet_emulators.faults import Injector, Rule

from quartet.azure.cosmos.client import BatchLimits, cosmos_client
from quartet.azure.cosmos.console_database import BUCKETS, CONTAINERS, DATABASE, SAGAS
from quartet.azure.cosmos.provision import open_database
from quartet.azure.credentials import Credentials
from quartet.azure.settings import Settings
from quartet.console.projection.cosmos.store import CosmosProjection
from tests.console.stores.facts import NOW


@dataclass(frozen=True, slots=True)
class Store:
    """A container, and what can be done to its server."""

    container: ContainerProxy
    faults: Injector
    counters: Counter[tuple[str, str]]
    settings: Settings

    def open(self, generation: int = 1, limits: BatchLimits | None = None) -> CosmosProjection:
        """As a process does that begins."""
        return CosmosProjection(self.container, generation, now=lambda: NOW, limits=limits)

    def fails(self, fault: str, operation: str, nth: int = 1, **more: Any) -> None:  # noqa: ANN401 -- fields of a rule
        """Let the n-th request of this kind fail, and no other."""
        rule = Rule("a fault", "cosmos", fault, {"operation": operation}, every=nth, limit=1, **more)
        self.faults.replace([rule], 7)

    def requests(self) -> Counter[str]:
        """All requests about documents so far, by operation, of every client."""
        found = Counter[str]()
        for (_, operation), count in self.counters.items():
            found[operation] += count if operation != "metadata" else 0
        return found


@asynccontextmanager
async def a_store(data_dir: Path) -> AsyncIterator[Store]:
    counters: Counter[tuple[str, str]] = Counter()
    faults = Injector("cosmos")
    emulator = CosmosEmulator(data_dir, counters=counters, faults=faults)
    await emulator.start()
    settings = Settings(
        cosmos_connection_string=emulator.connection_string,
        event_hubs_connection_string="not used",
        blob_connection_string="not used",
    )
    try:
        async with Credentials() as credentials, cosmos_client(settings, credentials, "tests") as client:
            database = await open_database(client, DATABASE, CONTAINERS, buckets=BUCKETS, may_create=True)
            yield Store(database.get_container_client(SAGAS.name), faults, counters, settings)
    finally:
        await emulator.stop()
