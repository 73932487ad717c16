"""One run from the question to the report: whatever happens, what it has created is removed."""

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Protocol

from tests.evidence.report import Report, summary
from tests.evidence.runner import EvidenceError, Runner
from tests.evidence.steps import Step, say

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Target(Protocol):
    """Where evidence is collected."""

    @property
    def created(self) -> bool:
        """Whether there may be something to remove."""
        ...

    @property
    def by_hand(self) -> str:
        """The command that removes what was created."""
        ...

    def check(self) -> None:
        """Look whether it can begin. Changes nothing.

        Raises:
            EvidenceError: it cannot, and what to do.
        """

    def announcement(self) -> Sequence[str]:
        """What it will do and cost, in lines."""
        ...

    def report(self) -> Report:
        """A new report."""
        ...

    def steps(self, report: Report) -> Sequence[Step]:
        """The steps, in order."""
        ...

    def remove(self) -> None:
        """Remove what was created.

        Raises:
            EvidenceError: something may remain.
        """


def collect(target: Target, runner: Runner, directory: Path, *, agreed: bool) -> int:
    """Check, ask, take the steps, remove, and write the report.

    Returns:
        The exit status: 0 only if every step has passed and everything is removed.

    Raises:
        EvidenceError: it cannot begin, or a person has not agreed. Nothing was created.
    """
    target.check()
    _ask(target.announcement(), agreed=agreed)
    report, interruption = target.report(), _Interruption()
    with _handling(interruption):
        try:
            report.course.play(target.steps(report))
            interruption.forbid()
        except KeyboardInterrupt:
            say("interrupted")
        finally:
            runner.stop_all()
            report.write(directory)  # now, in case the removal does not end
            _remove(target, report)
            runner.stop_all()
            report.write(directory)
    say(f"{summary(report.course)}: {directory / 'report.md'}")
    return 0 if report.is_well else 1


def _remove(target: Target, report: Report) -> None:
    if not target.created:
        return
    report.course.take("remove", target.remove)
    if report.course.outcomes[-1].why:
        report.remains = f"remove it by hand: `{target.by_hand}`"
        say(f"NOT REMOVED: {target.by_hand}")


def _ask(lines: Sequence[str], *, agreed: bool) -> None:
    for line in lines:
        say(line)
    if agreed:
        return
    if not sys.stdin.isatty():
        raise EvidenceError("there is no terminal to ask at: add --yes if you agree")
    if input("Type yes to begin: ").strip().lower() != "yes":
        raise EvidenceError("not begun")


class _Interruption:
    """Handles Ctrl-C, and SIGTERM alike: the first one interrupts the steps.

    Later ones only write a line, and so does every one after the steps: what was created costs money until it is gone.
    """

    def __init__(self) -> None:
        self._may_interrupt = True

    def forbid(self) -> None:
        """Interrupt nothing from now on."""
        self._may_interrupt = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        """Handle a signal."""
        if not self._may_interrupt:
            say("removing what was created: please wait")
            return
        self._may_interrupt = False
        raise KeyboardInterrupt


@contextmanager
def _handling(handler: _Interruption) -> Iterator[None]:
    before = [signal.signal(number, handler) for number in _SIGNALS]
    try:
        yield
    finally:
        for number, one in zip(_SIGNALS, before, strict=True):
            signal.signal(number, one)
