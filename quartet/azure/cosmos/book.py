"""A book in a container of a participant's database."""

from collections.abc import AsyncIterator, Collection

from azure.cosmos.aio import ContainerProxy

from quartet.azure.cosmos.client import BatchLimits, outages
from quartet.azure.cosmos.ledger import CosmosLedger
from quartet.engine.declaration.book import Entry
from quartet.events import bucket_of


class CosmosBook:
    """A `Book` whose entries are documents, partitioned by the saga's bucket."""

    def __init__(self, container: ContainerProxy, buckets: int, limits: BatchLimits | None = None) -> None:
        self._container = container
        self._ledger = CosmosLedger(container, limits)
        self._buckets = buckets

    async def enter(self, saga_id: str, key: str, **entry: str) -> tuple[Entry, bool]:
        """See `Book.enter`."""
        return await self._ledger.record(self._bucket(saga_id), {**entry, "saga_id": saga_id, "id": key})

    async def look_up(self, saga_id: str, key: str) -> Entry | None:
        """See `Book.look_up`."""
        return await self._ledger.look_up(self._bucket(saga_id), key)

    async def entries(self) -> AsyncIterator[Entry]:
        """See `Book.entries`."""
        with outages():
            async for entry in self._container.read_all_items():
                yield entry

    async def entries_of(self, saga_ids: Collection[str]) -> AsyncIterator[Entry]:
        """See `Book.entries_of`."""
        async for entry in self._ledger.entries_of(saga_ids):
            yield entry

    def _bucket(self, saga_id: str) -> str:
        return bucket_of(saga_id, self._buckets)
