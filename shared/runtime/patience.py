"""Waiting for a server that is away: as long as it takes, with a log line when it goes and one when it is back."""

import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from structlog.typing import FilteringBoundLogger

from shared.runtime.errors import OutageError
from shared.runtime.ports import Sleep
from shared.runtime.retry import Backoff

R = TypeVar("R")


class Patience:
    """Runs a step again until its server answers. Cancelling the caller ends the wait."""

    def __init__(self, backoff: Backoff, sleep: Sleep, rng: random.Random, log: FilteringBoundLogger) -> None:
        self._backoff = backoff
        self._sleep = sleep
        self._rng = rng
        self._log = log

    async def outlast(self, doing: str, step: Callable[[], Awaitable[R]]) -> R:
        """The result of `step`, however often it says `OutageError` first. `doing` names it in the log."""
        for attempt, delay in enumerate(self._backoff.delays(self._rng), start=1):
            try:
                result = await step()
            except OutageError as outage:
                if attempt == 1:
                    self._log.warning("outage", doing=doing, error=str(outage))
                await self._sleep(delay)
            else:
                if attempt > 1:
                    self._log.warning("outage over", doing=doing, attempts=attempt)
                return result
        raise AssertionError("the delays never end")
