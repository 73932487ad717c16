"""An auditor over trips in memory. The test moves the clock, and says what the stores hold."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from structlog.testing import capture_logs

from examples.trip.app import TRIP
from quartet.cli.audit.finding import Finding, Violation
from quartet.cli.lag.reading import Reader
from quartet.console.auditing.auditor import Auditor, Pace
from quartet.console.auditing.findings import Findings
from quartet.console.auditing.heard import Heard
from quartet.console.auditing.log import HeardLog, Place
from quartet.console.auditing.rules import RuleBook
from quartet.console.auditing.settled import Finished
from quartet.testing import World
from tests.console.histories import heard_in

PACE = Pace(settle=3, grace=60, again=30, most=10)
BOOKED_ONCE = "a trip is booked once"
NOON = 1_700_000_000.0


@dataclass
class Stores:
    """What is stored: which sagas are wrong, and what goes wrong with a look."""

    wrong: set[str] = field(default_factory=set)
    failure: Exception | None = None
    problem: str = ""
    looks: list[Collection[str]] = field(default_factory=list)
    sums: str = ""

    async def sagas(self, saga_ids: Collection[str]) -> Sequence[Finding]:
        """See `Watch.sagas`."""
        self.looks.append(sorted(saga_ids))
        if self.failure is not None:
            raise self.failure
        wrong = () if self.problem else tuple(Violation(one, "twice") for one in sorted(self.wrong & {*saga_ids}))
        return [Finding(1, BOOKED_ONCE, {}, wrong, self.problem)]

    async def everything(self) -> Sequence[Finding]:
        """See `Watch.everything`."""
        if self.failure is not None:
            raise self.failure
        wrong = tuple(Violation(one, "twice") for one in sorted(self.wrong))
        sums = (Violation("EUR", self.sums),) if self.sums else ()
        return [Finding(1, BOOKED_ONCE, {}, wrong), Finding(2, "the sums are equal", {}, sums)]


class Desk:
    """The auditor, what it looks at, and a clock."""

    def __init__(self, path: Path | None = None) -> None:
        self.stores = Stores()
        self.done: dict[Reader, int] = {}
        self.now = NOON
        self.asked = 0
        self.lines: list[dict[str, Any]] = []
        self._path = path
        self._number = 0
        self._open()

    def _open(self) -> None:
        names = ("heard.sqlite", "findings.sqlite")
        heard, findings = (self._path / name if self._path else None for name in names)
        self.log = HeardLog(heard)
        self.rules = RuleBook()
        self.findings = Findings(findings, structlog.get_logger())
        self.auditor = Auditor(
            TRIP, self.log, self.findings, self.rules, watch=self.stores, progress=self._progress, pace=PACE
        )

    def restart(self) -> None:
        """The same as a new process."""
        self.log.close()
        self.findings.close()
        self._open()

    async def _progress(self) -> Finished:
        self.asked += 1
        return self.done

    def hear(self, world: World, *, is_finished: bool = True) -> None:
        """Everything that the hub of a world holds, in one partition; finished by all participants, or by none."""
        events = list(heard_in(world))
        self.say(events)
        if is_finished:
            self.finish()

    def say(self, events: Sequence[tuple[str, Heard]]) -> None:
        """These events have arrived."""
        numbered = [(saga, number, one) for number, (saga, one) in enumerate(events, self._number)]
        first, self._number = self._number, self._number + len(events)
        self.log.take(Place("", "0", self._number - 1), first, numbered, self.now)
        self.auditor.news(dict.fromkeys(saga for saga, _ in events), self.now)

    def skip(self, count: int) -> None:
        """The hub no longer has its first events."""
        self._number += count

    def finish(self) -> None:
        """All participants have finished all that has arrived."""
        self.done |= {Reader(name, "", "0"): self._number - 1 for name in TRIP.names}

    async def step(self, seconds: float = 0.0) -> None:
        """Move the clock, and let the auditor work until nothing is due."""
        self.now += seconds
        with self.noting():
            while await self.auditor.step(self.now):
                pass

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Keep what is logged."""
        with capture_logs() as lines:
            yield
        self.lines += [dict(line) for line in lines]

    @property
    def broken(self) -> set[tuple[str, str]]:
        """By rule and subject."""
        return {(one.rule, one.subject) for one in self.findings.open}
