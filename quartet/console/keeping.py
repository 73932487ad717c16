"""Forgetting: sagas that ended long ago are removed from the projection, a few at a time."""

import asyncio
from collections.abc import Callable, Collection
from typing import Final, Protocol

from structlog.typing import FilteringBoundLogger

from quartet.console.overviews import Standing
from quartet.console.projection.port import Projection
from quartet.console.projection.query import now_ms
from quartet.engine.errors import OutageError

MOST: Final = 100
"""Sagas in one turn, so that a batch of events waits for a fraction of a second at most."""

_DAY: Final = 86_400_000  # ms
_PAUSE: Final = 60.0
_SHORT_PAUSE: Final = 0.5
"""While there may be more of them."""


class Reading(Protocol):
    """Reads the hubs."""

    def standing(self, now: int) -> Standing:
        """How far it is; `now` is in ms since 1970."""


class Keeping:
    """Removes the sagas that ended, and had no event for some days; open ones stay, however old they are."""

    def __init__(
        self,
        projection: Projection,
        reading: Reading,
        read_upto: Callable[[int], int | None],
        *,
        days: float,
        forget: Callable[[Collection[str]], None],
        log: FilteringBoundLogger,
        now: Callable[[], int] = now_ms,
    ) -> None:
        """Keep sagas for some days.

        Args:
            projection: what they are removed from.
            reading: nothing is removed while the hubs cannot be read.
            read_upto: see `Progress.read_upto`.
            days: since the last event of a saga.
            forget: gets the sagas before they are removed: what else is kept of them.
            log: says when the projection does not answer.
            now: in ms since 1970.
        """
        self._projection = projection
        self._reading = reading
        self._read_upto = read_upto
        self._keep = round(days * _DAY)
        self._forget = forget
        self._log = log
        self._now = now
        self._problem = ""

    async def run(self) -> None:
        """Remove until this is cancelled."""
        while True:
            has_more = await self.turn()
            await asyncio.sleep(_SHORT_PAUSE if has_more else _PAUSE)

    async def turn(self) -> bool:
        """Remove at most `MOST` sagas. Returns whether there may be more of them."""
        try:
            return await self._turn()
        except OutageError as error:
            if str(error) != self._problem:
                self._log.warning("old sagas cannot be removed", error=str(error))
            self._problem = str(error)
            return False

    async def _turn(self) -> bool:
        now = self._now()
        read_upto = self._read_upto(now)
        if read_upto is None or not self._reading.standing(now).following:
            return False
        # By what was read, not by the clock: one that reads old events may read more of the same saga.
        before = min(now, read_upto) - self._keep
        sagas = await self._projection.ended_before(before, MOST)
        self._forget(sagas)
        await self._projection.remove(sagas, before)
        await self._projection.forget_minutes(before)
        self._problem = ""
        return len(sagas) == MOST
