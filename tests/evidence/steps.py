"""The steps of a run: each passes, fails, or is not run because of one before it."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.evidence.runner import EvidenceError

PASSED, FAILED, NOT_RUN = "passed", "failed", "not run"
INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        needs: the steps without which it makes no sense; None for all before it.
    """

    name: str
    action: Callable[[], object]
    needs: Sequence[str] | None = None


@dataclass(slots=True)
class Outcome:
    """How a step has ended.

    Attributes:
        why: the reason, if it has not passed.
    """

    name: str
    status: str
    seconds: float = 0.0
    why: str = ""


@dataclass(slots=True)
class Course:
    """All steps of a run so far."""

    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def failures(self) -> list[Outcome]:
        """Those that have failed."""
        return [one for one in self.outcomes if one.status == FAILED]

    def play(self, steps: Sequence[Step]) -> None:
        """Take the steps in turn. What does not depend on a failed one is done nevertheless.

        Raises:
            KeyboardInterrupt: a person has interrupted a step. It and the later ones have their outcomes.
        """
        for position, step in enumerate(steps):
            if missing := self._missing(step):
                self.outcomes.append(Outcome(step.name, NOT_RUN, why=f"{missing} has not passed"))
                continue
            try:
                self.take(step.name, step.action)
            except KeyboardInterrupt:
                rest = (Outcome(later.name, NOT_RUN, why=INTERRUPTED) for later in steps[position + 1 :])
                self.outcomes += rest
                raise

    def take(self, name: str, action: Callable[[], object]) -> None:
        """Take one step, and keep its outcome. Raises only `KeyboardInterrupt`."""
        say(f"{name} …")
        began, why = time.monotonic(), ""
        try:
            action()
        except EvidenceError as error:
            why = str(error)
        except KeyboardInterrupt:
            self.outcomes.append(Outcome(name, FAILED, time.monotonic() - began, INTERRUPTED))
            raise
        except Exception as error:  # noqa: BLE001 -- a bug of ours must not keep anything from being removed
            why = f"{type(error).__name__}: {error}"
        self.outcomes.append(Outcome(name, FAILED if why else PASSED, time.monotonic() - began, why))
        if why:
            say(f"{name}: {why}")

    def _missing(self, step: Step) -> str:
        known = {one.name: one.status for one in self.outcomes}
        needed = known if step.needs is None else step.needs
        return next((name for name in needed if known.get(name) != PASSED), "")


def say(line: str) -> None:
    """Write a line about the progress to standard error."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201 -- for a person
