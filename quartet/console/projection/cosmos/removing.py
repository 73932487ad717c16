"""Removing sagas that ended long ago.

A saga's document goes in the transaction that changes the totals and writes down which documents of events it leaves
behind. Those may have events of other sagas: they are cleared afterwards, also by the next process after a crash.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from azure.core.exceptions import HttpResponseError
from azure.cosmos.aio import ContainerProxy

from quartet.azure.cosmos.client import CONFLICT, NOT_FOUND, Operation, in_time, run_batch
from quartet.console.projection.cosmos.counting import added
from quartet.console.projection.cosmos.documents import (
    LEFT,
    SAGA,
    Document,
    figures_document,
    figures_id,
    kept_from,
    left_document,
    pk_of,
    saga_id,
)
from quartet.console.projection.cosmos.figures import Figures
from quartet.console.projection.cosmos.writing import read_stored
from quartet.console.projection.summary import TOTAL

_TOGETHER: Final = 20
"""Sagas of a bucket that are removed in one transaction."""

_CHUNKS: Final = 20
"""Documents of events that are read together: each may have a megabyte."""


class Remover:
    """Removes sagas of one generation."""

    def __init__(self, container: ContainerProxy, generation: int, figures: Figures) -> None:
        self._container = container
        self._generation = generation
        self._figures = figures

    async def ended_before(self, before: int, most: int) -> list[str]:
        """See `Projection.ended_before`. `over` is the time of the last event of a saga that ended."""
        query = self._container.query_items(
            f"SELECT TOP {int(most)} c.saga FROM c WHERE c.kind = @kind AND c.generation = @generation "  # noqa: S608 -- a number
            "AND c.over < @before",
            parameters=[
                {"name": "@kind", "value": SAGA},
                {"name": "@generation", "value": self._generation},
                {"name": "@before", "value": before},
            ],
            max_item_count=1000,
        )
        async with in_time():
            return [str(row["saga"]) async for row in query]

    async def remove(self, sagas: Sequence[str], before: int) -> int:
        """See `Projection.remove`. What an earlier turn has left behind is cleared too."""
        by_pk: defaultdict[str, list[str]] = defaultdict(list)
        for saga in sagas:
            by_pk[pk_of(self._generation, saga)].append(saga)
        removed = 0
        for pk, some in by_pk.items():
            for first in range(0, len(some), _TOGETHER):
                removed += await self._remove(pk, some[first : first + _TOGETHER], before)
        await self._clear_left()
        return removed

    async def _remove(self, pk: str, sagas: Sequence[str], before: int) -> int:
        stored = await read_stored(self._container, pk, [*map(saga_id, sagas), figures_id(TOTAL)])
        total = stored.pop(figures_id(TOTAL), None)
        old = [document for document in stored.values() if document.get("over", before) < before]
        if not old:
            return 0
        marks: Counter[str] = Counter()
        left: Document = left_document(
            pk, self._generation, uuid.uuid4().hex, {one["saga"]: one["chunks"] for one in old}
        )
        for document in old:
            summary = kept_from(document).summary
            assert summary is not None  # noqa: S101 -- what is stored has one
            marks.subtract({name: count for (minute, name), count in summary.marks().items() if minute == TOTAL})
        figures = figures_document(pk, self._generation, TOTAL, *added(total, marks, {}))
        # A create comes first: if the SDK sends the batch again after a lost reply, that fails.
        operations: list[Operation] = [("create", (left,), {})]
        operations += [("delete", (one["id"],), {"if_match_etag": one["_etag"]}) for one in old]
        if total is not None:
            operations.append(("replace", (figures["id"], figures), {"if_match_etag": total["_etag"]}))
        try:
            await run_batch(self._container, pk, operations)
        except HttpResponseError as error:
            if error.status_code not in CONFLICT:
                raise
            self._figures.doubt()  # one of them has news, or another process removes them: the next turn looks again
            return 0
        self._figures.put(figures)
        return len(old)

    async def _clear_left(self) -> None:
        query = self._container.query_items(
            "SELECT * FROM c WHERE c.kind = @kind AND c.generation = @generation",
            parameters=[{"name": "@kind", "value": LEFT}, {"name": "@generation", "value": self._generation}],
            max_item_count=100,
        )
        async with in_time():
            found = [dict(document) async for document in query]
        for document in found:
            await self._clear(document)

    async def _clear(self, left: Mapping[str, Any]) -> None:
        """Take the events of these sagas out of their documents. To do it twice changes nothing."""
        pk, sagas = left["pk"], set(left["sagas"])
        chunks = list(dict.fromkeys(chunk for some in left["sagas"].values() for chunk in some))
        is_clear = True
        for first in range(0, len(chunks), _CHUNKS):
            async with in_time():
                some = await self._container.read_items([(chunk, pk) for chunk in chunks[first : first + _CHUNKS]])
            for document in some:
                rest = [one for one in document["events"] if one["saga"] not in sagas]
                if rest:
                    is_clear &= await self._put(pk, "replace", document["id"], {**document, "events": rest})
                else:
                    is_clear &= await self._put(pk, "delete", document["id"], document)
        if is_clear:
            await self._put(pk, "delete", left["id"], left)

    async def _put(self, pk: str, what: str, id_: str, document: Mapping[str, Any]) -> bool:
        """Whether it is so now. If not, another process has changed the document: the next turn looks again."""
        arguments = (id_, dict(document)) if what == "replace" else (id_,)
        try:
            await run_batch(self._container, pk, [(what, arguments, {"if_match_etag": document["_etag"]})])
        except HttpResponseError as error:
            if error.status_code not in CONFLICT:
                raise
            return error.status_code == NOT_FOUND
        return True
