"""Books in which the first entry under a key is final. A simulated port keeps its effects in one."""

from collections.abc import AsyncIterator, Collection, Mapping
from typing import Protocol, TypeAlias

Entry: TypeAlias = Mapping[str, str]


class Book(Protocol):
    """Entries of sagas, each under an idempotency key. They are never changed.

    `ServiceContext.book` keeps them in a container of the participant's database, `quartet.testing.MemoryBook` in
    memory.
    """

    async def enter(self, saga_id: str, key: str, **entry: str) -> tuple[Entry, bool]:
        """Make an entry, unless there is one under its key.

        Returns:
            The final entry, with `saga_id` and `id`, its key; and whether it is this one and was made now.

        Raises:
            OutageError: it is not known whether the entry was made. Ask again.
        """
        ...

    async def look_up(self, saga_id: str, key: str) -> Entry | None:
        """The entry under a key, if there is one.

        Raises:
            OutageError: the book cannot be read.
        """
        ...

    def entries(self) -> AsyncIterator[Entry]:
        """Every entry of all sagas.

        Raises:
            OutageError: the book cannot be read.
        """
        ...

    def entries_of(self, saga_ids: Collection[str]) -> AsyncIterator[Entry]:
        """Every entry of these sagas. Raises as `entries` does."""
        ...
