"""A quiet line in the log while a participant runs. An alert fires when it is missing."""

import asyncio
from collections.abc import Callable
from typing import Any

from structlog.typing import FilteringBoundLogger

from quartet.engine.engine import Engine
from quartet.engine.ports import Sleep


class Heartbeat:
    """Writes `alive` once per interval.

    Its fields: `partitions`, the number that this replica owns; `finished`, the events since the last line; `stalled`,
    the events that have been handled for too long; `behind`, the events that the hub has and that have not come in, as
    far as the watchdog knows.
    """

    def __init__(
        self,
        engine: Engine[Any],
        *,
        every: float,
        standing_seconds: float,
        partitions: Callable[[], int],
        behind: Callable[[], int | None],
        log: FilteringBoundLogger,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """`every`: seconds between two lines."""
        self._engine = engine
        self._every = every
        self._standing_seconds = standing_seconds
        self._partitions = partitions
        self._behind = behind
        self._log = log
        self._sleep = sleep
        self._finished = 0

    async def run(self) -> None:
        """Write a line once per interval, until cancelled."""
        while True:
            await self._sleep(self._every)
            self.beat()

    def beat(self) -> None:
        """Write one line."""
        before, self._finished = self._finished, self._engine.finished
        behind = self._behind()
        self._log.info(
            "alive",
            partitions=self._partitions(),
            finished=self._finished - before,
            stalled=len(self._engine.standing(self._standing_seconds)),
            **({} if behind is None else {"behind": behind}),
        )
