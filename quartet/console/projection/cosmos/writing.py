"""Writing the events of one bucket: read its sagas, fold, and write everything that changes as one transactional batch.

An event that is folded already is recognised by its place, so a batch may be written again after a crash, or by another
process at the same time. The process that loses a race reads again.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from azure.core.exceptions import HttpResponseError
from azure.cosmos.aio import ContainerProxy

from quartet.azure.cosmos.client import CONFLICT, BatchLimits, Operation, in_time, run_batch
from quartet.console.projection.cosmos.counting import Steps, added, count_steps, difference
from quartet.console.projection.cosmos.documents import (
    Document,
    Kept,
    events_document,
    figures_document,
    figures_id,
    kept_from,
    place_name,
    saga_document,
    saga_id,
)
from quartet.console.projection.cosmos.figures import KEPT_MINUTES, Figures
from quartet.console.projection.facts import KEPT_EVENTS, Fact, Place, Raw
from quartet.console.projection.summary import MINUTE, TOTAL, Marks, Summary, fold
from quartet.engine.errors import OutageError

_TOO_LARGE: Final = 413
_ATTEMPTS: Final = 20
_ROOM: Final = 12
"""Operations of a batch that are no saga: the events, and figures."""
_LIMITS: Final = BatchLimits(size=900_000)
"""Half of what the server takes: a larger body would hold up the event loop while it is sent."""
_SAGA_BYTES: Final = 4_000
"""About, of a saga's document."""


class BucketWriter:
    """Writes events into the buckets of one generation."""

    def __init__(
        self,
        container: ContainerProxy,
        generation: int,
        figures: Figures,
        now: Callable[[], int],
        limits: BatchLimits | None = None,
    ) -> None:
        """Write with these limits of a transactional batch; `now` is in ms since 1970."""
        self._container = container
        self._generation = generation
        self._figures = figures
        self._now = now
        self._limits = limits or _LIMITS

    async def write(self, pk: str, parts: Sequence[Sequence[Fact]]) -> list[None]:
        """Keep the events of a bucket. Those of one place are in order. For `KeyedBatcher`: a result for each part.

        Raises:
            OutageError: the store does not answer. Some of them may be kept.
        """
        for some in self._pieces([fact for part in parts for fact in part]):
            await self._write(pk, some)
        return [None] * len(parts)

    def _pieces(self, facts: Sequence[Fact]) -> Iterator[list[Fact]]:
        """Cut the events so that each piece should fit into one batch."""
        piece: list[Fact] = []
        sagas: set[str] = set()
        size = 0
        for fact in facts:
            more = 2 * len(fact.raw.body) + 1_000 + (0 if fact.saga in sagas else _SAGA_BYTES)
            if piece and (
                size + more > self._limits.size or len({*sagas, fact.saga}) > self._limits.operations - _ROOM
            ):
                yield piece
                piece, sagas, size = [], set(), 0
            piece.append(fact)
            sagas.add(fact.saga)
            size += more
        if piece:
            yield piece

    async def _write(self, pk: str, facts: Sequence[Fact]) -> None:
        for _ in range(_ATTEMPTS):
            try:
                await self._commit(pk, facts)
            except HttpResponseError as error:
                if error.status_code in CONFLICT:
                    self._figures.doubt()
                    continue
                if error.status_code != _TOO_LARGE:
                    raise
                await self._write_smaller(pk, facts)
            return
        raise OutageError(f"Cosmos DB: bucket {pk} of the projection is written by others all the time")

    async def _write_smaller(self, pk: str, facts: Sequence[Fact]) -> None:
        if len(facts) > 1:
            middle = len(facts) // 2
            await self._write(pk, facts[:middle])
            await self._write(pk, facts[middle:])
        elif facts[0].raw.body or facts[0].raw.properties:
            # Its content is left out; that there was one is not.
            raw = facts[0].raw
            await self._write(pk, [replace(facts[0], raw=Raw(raw.content_type, b"", raw.size))])
        else:
            raise OutageError(f"Cosmos DB: the saga {facts[0].saga!r} is too large for the projection")

    async def _commit(self, pk: str, facts: Sequence[Fact]) -> None:
        minutes = {TOTAL, *(fact.key.at // MINUTE for fact in facts if self._is_counted(fact.key.at // MINUTE))}
        stored = await read_stored(
            self._container, pk, [*{saga_id(fact.saga) for fact in facts}, *(figures_id(minute) for minute in minutes)]
        )
        fresh: defaultdict[str, list[Fact]] = defaultdict(list)
        kept: dict[str, Kept] = {}
        for fact in facts:
            if fact.saga not in kept:
                document = stored.get(saga_id(fact.saga))
                kept[fact.saga] = kept_from(document) if document is not None else Kept()
            place = place_name(Place(fact.key.hub, fact.key.partition))
            if fact.key.sequence_number > kept[fact.saga].read.get(place, -1):
                kept[fact.saga].read[place] = fact.key.sequence_number
                fresh[fact.saga].append(fact)
        if not fresh:
            return
        operations, figures = await self._operations(pk, fresh, kept, stored, minutes)
        await run_batch(self._container, pk, operations)
        for document in figures:
            self._figures.put(document)

    async def _operations(
        self,
        pk: str,
        fresh: Mapping[str, list[Fact]],
        kept: Mapping[str, Kept],
        stored: dict[str, Document],
        minutes: Collection[int],
    ) -> tuple[list[Operation], list[Document]]:
        """What is written. A create comes first: if the SDK sends the batch again after a lost reply, that fails."""
        after: dict[str, Summary] = {}
        marks: Marks = Counter()
        steps: Steps = Counter()
        bodies: list[Fact] = []
        for saga, facts in fresh.items():
            before = kept[saga].summary
            after[saga] = fold(before, facts)
            marks.update(difference(before, after[saga]))
            steps.update(count_steps(kept[saga], facts))
            bodies += facts[: max(0, KEPT_EVENTS - (before.events if before is not None else 0))]
        operations: list[Operation] = []
        if bodies:
            document = events_document(pk, self._generation, bodies)
            operations.append(("create", (document,), {}))
            for saga in {fact.saga for fact in bodies}:
                kept[saga].chunks.append(document["id"])
        operations += [
            _put(saga_document(pk, self._generation, summary, kept[saga]), kept[saga].etag)
            for saga, summary in after.items()
        ]
        changes = self._by_minute(marks, steps)
        # A saga that turns out to have begun earlier changes a minute that none of these events is in.
        if unread := [figures_id(minute) for minute in changes if minute not in minutes]:
            stored |= await read_stored(self._container, pk, unread)
        figures = [
            figures_document(pk, self._generation, minute, *added(stored.get(figures_id(minute)), *change))
            for minute, change in changes.items()
        ]
        operations += [_put(one, stored[one["id"]]["_etag"] if one["id"] in stored else None) for one in figures]
        return operations, figures

    def _by_minute(self, marks: Marks, steps: Steps) -> dict[int, tuple[Counter[str], Counter[Any]]]:
        found: defaultdict[int, tuple[Counter[str], Counter[Any]]] = defaultdict(lambda: (Counter(), Counter()))
        for (minute, name), count in marks.items():
            if count and self._is_counted(minute):
                found[minute][0][name] += count
        for (minute, *step), count in steps.items():
            if self._is_counted(minute):
                found[minute][1][tuple(step)] += count
        return found

    def _is_counted(self, minute: int) -> bool:
        return minute == TOTAL or minute >= self._now() // MINUTE - KEPT_MINUTES


async def read_stored(container: ContainerProxy, pk: str, ids: Collection[str]) -> dict[str, Document]:
    """Those of these documents of a bucket that are there, by id."""
    query = container.query_items(
        "SELECT * FROM c WHERE ARRAY_CONTAINS(@ids, c.id)",
        parameters=[{"name": "@ids", "value": [*ids]}],
        partition_key=pk,
        max_item_count=1000,
    )
    async with in_time():
        return {document["id"]: document async for document in query}


def _put(document: Document, etag: str | None) -> Operation:
    if etag is None:
        return ("create", (document,), {})
    return ("replace", (document["id"], document), {"if_match_etag": etag})
