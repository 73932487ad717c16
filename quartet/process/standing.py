"""What keeps a participant from making progress, for readiness and for the log."""

import asyncio
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from structlog.typing import FilteringBoundLogger

from quartet.engine.engine import Engine
from quartet.engine.ports import Now, Sleep

_LOOK_SECONDS: Final = 5.0
_SAY_AGAIN: Final = timedelta(minutes=1)


def problems_of(engine: Engine[Any], standing_seconds: float) -> dict[str, object]:
    """What to report of an engine that makes no progress; nothing if it does.

    `standing`: the events that have been handled for longer than `standing_seconds`, each with its place, its saga and
    what it waits for. `needs_a_person`: what waits for a person to change the configuration, from its first failure on.
    """
    standing = [asdict(one) for one in engine.standing(standing_seconds)]
    needs_a_person = engine.needs_a_person
    return {
        **({"standing": standing} if standing else {}),
        **({"needs_a_person": needs_a_person} if needs_a_person else {}),
    }


class StandingReport:
    """Writes a line to the log for each stalled event, and counts the time in `stats`."""

    def __init__(
        self,
        engine: Engine[Any],
        *,
        seconds: float,
        now: Now,
        log: FilteringBoundLogger,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """An event is stalled if it has been handled for longer than `seconds`."""
        self._engine = engine
        self._seconds = seconds
        self._now = now
        self._log = log
        self._sleep = sleep
        self._said: dict[tuple[str, int], datetime] = {}

    async def run(self) -> None:
        """Look every few seconds, until cancelled."""
        while True:
            await self._sleep(_LOOK_SECONDS)
            self.look()

    def look(self) -> None:
        """Look once."""
        standing = self._engine.standing(self._seconds)
        now = self._now()
        # The metric: seconds in which an event was stalled, with the resolution of the looks.
        if standing:
            self._engine.stats["standing_seconds"] += round(_LOOK_SECONDS)
        said = self._said
        self._said = {
            (one.partition, one.sequence_number): said.get((one.partition, one.sequence_number), now)
            for one in standing
        }
        for one in standing:
            place = (one.partition, one.sequence_number)
            if place not in said or now - said[place] >= _SAY_AGAIN:
                self._said[place] = now
                self._log.error(
                    "event is stalled",
                    partition=one.partition,
                    sequence=one.sequence_number,
                    type=one.what,
                    saga=one.saga,
                    seconds=one.seconds,
                    why=one.why,
                )
