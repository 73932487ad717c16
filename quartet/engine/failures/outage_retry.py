"""Waiting for a server that is away: for as long as it takes, with regular log lines."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from structlog.typing import FilteringBoundLogger

from quartet.engine.declaration.retry_policy import Backoff
from quartet.engine.errors import Kind, classify, one_line
from quartet.engine.ports import Now, Sleep

R = TypeVar("R")

_SAY_AGAIN: Final = timedelta(minutes=1)


@dataclass(slots=True, eq=False)
class Outage:
    """A step that is being repeated.

    Attributes:
        doing: the name of the step, for people.
        since: when it failed first.
        said: when the log had a line about it last.
        error: why it failed last.
        needs_a_person: the cause is the configuration, so waiting does not help.
    """

    doing: str
    since: datetime
    said: datetime
    error: str
    needs_a_person: bool


class OutageRetry:
    """Runs a step again until its server answers. Cancelling the caller ends the wait.

    The outages that last are in `outages`, for readiness and metrics. The log has a line when one begins, a line
    for every minute that it lasts, and a line when it is over.
    """

    def __init__(self, backoff: Backoff, sleep: Sleep, rng: random.Random, log: FilteringBoundLogger, now: Now) -> None:
        self._backoff = backoff
        self._sleep = sleep
        self._rng = rng
        self._log = log
        self._now = now
        self.outages: set[Outage] = set()
        self._over: dict[str, float] = {}

    async def retry(self, doing: str, step: Callable[[], Awaitable[R]]) -> R:
        """The result of `step`, however often it reports an outage first. `doing` names it in the log.

        Raises:
            Exception: an error that is neither an outage nor a configuration error.
        """
        outage: Outage | None = None
        delays = self._backoff.delays(self._rng)
        try:
            while True:
                try:
                    result = await step()
                except Exception as error:
                    kind = classify(error)
                    if kind not in {Kind.OUTAGE, Kind.CONFIGURATION}:
                        raise
                    outage = self._note(outage, doing, error, needs_a_person=kind is Kind.CONFIGURATION)
                else:
                    if outage is not None:
                        self._log.warning("outage over", doing=doing, seconds=self._seconds(outage))
                    return result
                await self._sleep(next(delays))
        finally:
            if outage is not None:
                self.outages.discard(outage)
                self._over[doing] = self._over.get(doing, 0.0) + (self._now() - outage.since).total_seconds()

    def _note(self, outage: Outage | None, doing: str, error: Exception, *, needs_a_person: bool) -> Outage:
        """Begin an outage or continue it, and log that if it is new."""
        now = self._now()
        if outage is None:
            outage = Outage(doing, now, now, "", needs_a_person)
            self.outages.add(outage)
        elif needs_a_person == outage.needs_a_person and now - outage.said < _SAY_AGAIN:
            outage.error = one_line(error)
            return outage
        outage.said, outage.error, outage.needs_a_person = now, one_line(error), needs_a_person
        if needs_a_person:
            self._log.error("waiting for a person", doing=doing, error=outage.error, seconds=self._seconds(outage))
        elif now - outage.since < _SAY_AGAIN:
            self._log.warning("outage", doing=doing, error=outage.error)
        else:
            self._log.error("outage lasts", doing=doing, error=outage.error, seconds=self._seconds(outage))
        return outage

    def seconds(self) -> dict[str, float]:
        """For how long each step has been repeated, in total, with what lasts. May be called from any thread."""
        total, now = self._over.copy(), self._now()
        for outage in list(self.outages):
            total[outage.doing] = total.get(outage.doing, 0.0) + (now - outage.since).total_seconds()
        return total

    def _seconds(self, outage: Outage) -> int:
        return round((self._now() - outage.since).total_seconds())
