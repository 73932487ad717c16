"""What the API asks for: the projection's answers, with what the other parts of the console know."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final, TypeVar

from quartet.console.overviews import Overviews
from quartet.console.projection.facts import Key, Raw
from quartet.console.projection.port import Projection
from quartet.console.projection.query import Query, now_ms
from quartet.console.seams import ABSENT, Audit, Letters, Parts, Records, States
from quartet.console.stories import said_views, story, trace_id
from quartet.console.views import OverviewView, RawView, SagaRow, SagaView, Unknown
from quartet.console.vocabulary import Vocabulary

A = TypeVar("A")

_FRESH: Final = 0.5  # seconds that an overview may be old


@dataclass(slots=True)
class Looking:
    """Answers questions about sagas. Each part that is None is answered with `Unknown`."""

    projection: Projection
    vocabulary: Vocabulary
    overviews: Overviews
    records: Records | None = None
    parts: Parts | None = None
    states: States | None = None
    letters: Letters | None = None
    audit: Audit | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _last: tuple[float, OverviewView] | None = None

    async def overview(self) -> OverviewView:
        """The overview, at most half a second old. However many ask, it is made once.

        Raises:
            OutageError: the store of the projection does not answer.
        """
        async with self._lock:
            if self._last is None or time.monotonic() - self._last[0] > _FRESH:
                made = await self.overviews.view(now_ms())
                self._last = (time.monotonic(), made)
            return self._last[1]

    async def search(
        self, query: Query, *, limit: int, cursor: str | None, now: int
    ) -> tuple[tuple[SagaRow, ...], str | None]:
        """A page of sagas, and the cursor of the next one. Raises as `Projection.search` does."""
        listing = self.overviews.listing(now)
        page = await self.projection.search(query, stuck_before=listing.stuck_before, limit=limit, cursor=cursor)
        return tuple(listing.row(one) for one in page.sagas), page.next

    async def saga(self, saga_id: str, now: int) -> SagaView | None:
        """One saga; None if no event of it was seen.

        Raises:
            OutageError: the store of the projection does not answer.
        """
        saga = await self.projection.saga(saga_id)
        if saga is None:
            return None
        events = said_views(saga.facts, self.vocabulary)
        absent = Unknown(problem=ABSENT)
        # One reading for all that need it: another one would cost as much, and might show another state.
        records = asyncio.ensure_future(self.records.of(saga_id) if self.records is not None else _answer(absent))
        (parts, owed), states, letters, findings = await asyncio.gather(
            self.parts.of(events, records, now) if self.parts is not None else _answer((absent, absent)),
            self.states.of(saga_id, events, records) if self.states is not None else _answer(absent),
            self.letters.of(saga_id) if self.letters is not None else _answer(absent),
            self.audit.of(saga_id) if self.audit is not None else _answer(absent),
        )
        listing = self.overviews.listing(now)
        return SagaView(
            row=listing.row(saga.summary),
            story=story(saga, events, owed, vocabulary=self.vocabulary, listing=listing),
            trace_id=trace_id(saga),
            events=events,
            states=states,
            owed=owed,
            parts=parts,
            letters=letters,
            findings=findings,
        )

    async def raw(self, saga_id: str, number: int) -> RawView | None:
        """An event as the hub has it, by its number in the saga; None if there is none. Raises as `saga` does."""
        saga = await self.projection.saga(saga_id)
        if saga is None or not 1 <= number <= len(saga.facts):
            return None
        key: Key = saga.facts[number - 1].key
        raw = await self.projection.raw(saga_id, key)
        return None if raw is None else _raw_view(raw)


async def _answer(value: A) -> A:
    return value


def _raw_view(raw: Raw) -> RawView:
    try:
        body, is_text = raw.body.decode(), True
    except UnicodeDecodeError as error:
        # A character that was cut in two at the end of what is kept is no reason to show hexadecimal digits.
        is_text = raw.size > len(raw.body) and error.start >= len(raw.body) - 3
        body = raw.body[: error.start].decode() if is_text else raw.body.hex(" ")
    return RawView(
        content_type=raw.content_type or "",
        body=body,
        is_text=is_text,
        size=raw.size,
        is_whole=raw.size == len(raw.body),
        properties={name: _shown(value) for name, value in raw.properties.items()},
    )


def _shown(value: object) -> object:
    return value if value is None or isinstance(value, (str, int, float, bool)) else repr(value)
