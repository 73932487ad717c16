"""How far the participants are behind: checkpoints, owners and the ends of the hub, looked at every few seconds.

It looks only while a page is open, or was asked for a moment ago.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from azure.core.exceptions import AzureError

from quartet.azure.settings import Settings
from quartet.cli.lag.lag import Lag, in_words
from quartet.cli.lag.reading import LagReader, View, open_lag_reader
from quartet.console.progress import Progress
from quartet.console.projection.facts import Place
from quartet.console.views import LagView, Unknown
from quartet.engine.errors import ConfigurationError, OutageError, one_line
from quartet.engine.failures.timeouts import stretched
from quartet.terminal.user_error import UserError

SECONDS: Final = 5.0
"""Between two looks."""

_ASKED_SECONDS: Final = 15.0
_LOOK_SECONDS: Final = 30.0
"""The longest that one look may take."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen, at one time.

    Attributes:
        checkpoints: the last event that each participant has finished, by participant and place.
        running: the participants of which some replica has a partition.
    """

    lags: tuple[LagView, ...]
    checkpoints: dict[tuple[str, Place], int] = field(default_factory=dict)
    running: frozenset[str] = frozenset()


class LagWatch:
    """Looks at the lag again and again, and keeps the last look."""

    def __init__(self, settings: Settings, participants: Sequence[str], progress: Progress) -> None:
        """`progress` gets the ends of the hub, and knows the times of the events that were read lately."""
        self._settings = settings
        self._participants = tuple(participants)
        self._progress = progress
        self._heads: dict[tuple[str, str, int], datetime] = {}
        self._last: Look | Unknown = Unknown(problem="it has not been looked at yet")
        self._wake = asyncio.Event()
        self._looked = asyncio.Event()
        self._asked_at = -_ASKED_SECONDS

    def now(self) -> tuple[LagView, ...] | Unknown:
        """See `Lags.now`."""
        self.ask()
        return self._last if isinstance(self._last, Unknown) else self._last.lags

    async def look(self) -> Look | Unknown:
        """The last look; if nothing was looked at for a while, the next one."""
        is_old = asyncio.get_running_loop().time() - self._asked_at > _ASKED_SECONDS
        if is_old:
            self._looked.clear()
        self.ask()
        await self._looked.wait()
        return self._last

    def ask(self) -> None:
        """Keep looking for the next seconds."""
        self._asked_at = asyncio.get_running_loop().time()
        self._wake.set()

    async def run(self) -> None:
        """Look, until this is cancelled."""
        while True:
            await self._wake.wait()
            try:
                async with AsyncExitStack() as stack:
                    reader = await stack.enter_async_context(open_lag_reader(self._settings))
                    await self._look_while_asked(reader)
            except (OutageError, UserError, ConfigurationError, AzureError, TimeoutError) as error:
                self._keep(Unknown(problem=one_line(error) if str(error) else "the servers do not answer in time"))
                await asyncio.sleep(SECONDS)

    async def _look_while_asked(self, reader: LagReader) -> None:
        loop = asyncio.get_running_loop()
        while loop.time() - self._asked_at <= _ASKED_SECONDS:
            async with asyncio.timeout(stretched(_LOOK_SECONDS)):
                views = await reader.look(self._participants)
                for view in views:
                    for partition, ends in view.ends.items():
                        self._progress.saw_ends(Place(view.hub, partition), ends.first, ends.last)
                self._keep(await self._seen(reader, views))
            await asyncio.sleep(SECONDS)
        self._wake.clear()

    def _keep(self, look: Look | Unknown) -> None:
        self._last = look
        self._looked.set()

    async def _seen(self, reader: LagReader, views: Sequence[View]) -> Look:
        now = datetime.now(UTC)
        alive_since = now - timedelta(seconds=self._settings.ownership_expires_seconds)
        places = [Lag(place) for view in views for place in view.places(alive_since)]
        if any(lag.place.waiting and self._age(lag, now) is None for lag in places):
            await self._read_heads(reader, views, now)
        owned = {lag.place.service for lag in places if lag.place.is_owned}
        checkpoints = {
            (lag.place.service, Place(lag.place.hub, lag.place.partition)): lag.place.checkpoint
            for lag in places
            if lag.place.checkpoint is not None
        }
        return Look(tuple(self._view(lag, now) for lag in places), checkpoints, frozenset(owned))

    async def _read_heads(self, reader: LagReader, views: Sequence[View], now: datetime) -> None:
        """Ask the hub for the oldest events, where this process has not read them itself lately."""
        lags = await reader.lags(views, now)
        self._heads = {
            (lag.place.hub, lag.place.partition, lag.place.next): lag.head.enqueued for lag in lags if lag.head
        }

    def _age(self, lag: Lag, now: datetime) -> timedelta | None:
        place = lag.place
        at = self._progress.at_of(Place(place.hub, place.partition), place.next)
        head = self._heads.get((place.hub, place.partition, place.next))
        if head is None and at is not None:
            head = datetime.fromtimestamp(at / 1000, UTC)
        return None if head is None else max(now - head, timedelta(0))

    def _view(self, lag: Lag, now: datetime) -> LagView:
        place = lag.place
        age = (self._age(lag, now) if place.waiting else None) or timedelta(0)
        limit = timedelta(seconds=self._settings.standing_seconds)
        stands = age > limit and (place.written is None or now - place.written > limit)
        return LagView(
            participant=place.service,
            hub=place.hub,
            partition=place.partition,
            waiting=place.waiting,
            oldest_seconds=round(age.total_seconds(), 1),
            is_owned=place.is_owned,
            standing=f"stalled at event {place.next} for {in_words(age)}" if stands else "",
        )
