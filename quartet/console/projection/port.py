"""The port of the projection: batches in, questions out. SQLite and Cosmos DB implement it.

A batch and its position are kept in one transaction, so nothing is lost or counted twice, and there is no checkpoint
store. Every method raises `OutageError` if the store does not answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from quartet.console.projection.facts import Batch, Fact, Key, Place, Position, Raw
from quartet.console.projection.query import Query
from quartet.console.projection.summary import Summary


@dataclass(frozen=True, slots=True)
class Totals:
    """How many sagas there are.

    Attributes:
        ended: by the type of the end.
        stuck: of those that are open or compensating, how many have had no news for long.
        strays: messages that name no saga.
    """

    sagas: int
    open: int
    compensating: int
    stuck: int
    ended: Mapping[str, int]
    strays: int


@dataclass(frozen=True, slots=True)
class Step:
    """A step: an event that a participant hears, and its answer; how many answers took how long.

    Attributes:
        counts: by the bucket of the duration, see `latency`.
    """

    cause: str
    answer: str
    participant: str
    counts: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a search, the newest first; `next` is the cursor of the page after it."""

    sagas: Sequence[Summary]
    next: str | None


@dataclass(frozen=True, slots=True)
class Saga:
    """A saga, whole.

    Attributes:
        facts: its events in order, at most `KEPT_EVENTS`; their bodies are empty, see `Projection.raws`.
    """

    summary: Summary
    facts: Sequence[Fact]


class Projection(Protocol):
    """What is kept of every saga. Times are milliseconds since 1970, by the hub's clock."""

    async def made_at(self) -> Mapping[str, str]:
        """When each hub was made that the projection was read from, by its label; as the hub says it."""

    async def clear(self, made_at: Mapping[str, str]) -> None:
        """Forget everything, to read these hubs from their beginning."""

    async def positions(self) -> Mapping[Place, Position]:
        """How far each partition has been read; a place without an entry was never read."""

    async def take(self, batch: Batch) -> None:
        """Keep a batch, with its position, in one transaction. What lies at or before the position is ignored."""

    async def totals(self, stuck_before: int) -> Totals:
        """How many sagas there are. Stuck: the last news came before this time."""

    async def marks(self, first: int, last: int) -> Mapping[int, Mapping[str, int]]:
        """What happened in each of these minutes since 1970, by the names of `summary.Marks`; none if nothing did."""

    async def steps(self, first: int) -> Sequence[Step]:
        """The steps whose answers came in this minute since 1970 or later."""

    async def search(self, query: Query, *, stuck_before: int, limit: int, cursor: str | None = None) -> Page:
        """The sagas that match, the newest first.

        Raises:
            ValueError: the cursor is none of this search.
        """

    async def saga(self, saga_id: str) -> Saga | None:
        """One saga; None if no event of it was seen."""

    async def raw(self, saga_id: str, key: Key) -> Raw | None:
        """One of its events, as the hub has it; None if it is not kept."""

    async def raws(self, saga_id: str) -> Mapping[Key, Raw]:
        """All of its events that are kept, as the hub has them, in order: one question, however many there are."""

    async def ended_before(self, before: int, most: int) -> Sequence[str]:
        """Sagas that have ended and whose last event came before this time; at most this many."""

    async def remove(self, sagas: Sequence[str], before: int) -> int:
        """Remove those of these sagas for which this is still true, each whole, and take them out of the totals.

        Returns how many were removed. An event that comes later begins a new summary.
        """

    async def forget_minutes(self, before: int) -> None:
        """Remove figures of minutes before this time, those of a day at most."""

    async def close(self) -> None:
        """Release what it holds."""
