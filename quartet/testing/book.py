"""A book in memory, for simulated ports in tests."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field

from quartet.engine.declaration.book import Entry


@dataclass(slots=True)
class MemoryBook:
    """A `Book` that ends with the test.

    Attributes:
        written: every entry, by its key.
    """

    written: dict[str, Entry] = field(default_factory=dict)

    async def enter(self, saga_id: str, key: str, **entry: str) -> tuple[Entry, bool]:
        """See `Book.enter`."""
        is_new = key not in self.written
        standing = self.written.setdefault(key, {**entry, "saga_id": saga_id, "id": key})
        if standing["saga_id"] != saga_id:
            raise AssertionError(f"{key} is a key of saga {standing['saga_id']} and of saga {saga_id}")
        return standing, is_new

    async def look_up(self, saga_id: str, key: str) -> Entry | None:
        """See `Book.look_up`."""
        found = self.written.get(key)
        return found if found is not None and found["saga_id"] == saga_id else None

    async def entries(self) -> AsyncIterator[Entry]:
        """See `Book.entries`."""
        for entry in self.written.values():
            yield entry

    async def entries_of(self, saga_ids: Collection[str]) -> AsyncIterator[Entry]:
        """See `Book.entries_of`."""
        for entry in self.written.values():
            if entry["saga_id"] in saga_ids:
                yield entry
