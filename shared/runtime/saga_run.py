"""One order's events in one received batch, run through their handlers against one state."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from shared.runtime.intake import Heard
from shared.runtime.outcome import Decided, Ignored
from shared.runtime.ports import DeadLetter
from shared.runtime.record import Json, Record

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one event: for its log line, and with the answers that it has earned."""

    heard: Heard
    outcome: str
    answers: tuple[Json, ...]
    seconds: float
    detail: str | None = None


@dataclass(slots=True)
class SagaRun(Generic[S]):
    """Runs up a new record from an old one. Nothing of it counts until the record is committed.

    Attributes:
        rest: the events that have to wait for that.
    """

    record: Record[S]
    changed: bool = False
    rest: Sequence[Heard] = ()
    steps: list[Step] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)

    def repeat(self, heard: Heard) -> bool:
        """Whether the event was handled before; if so, its recorded answers will be published again."""
        recorded = self.record.handled.get(heard.event.id)
        if recorded is None:
            return False
        self.steps.append(Step(heard, "repeated", recorded, 0.0))
        return True

    def decide(self, heard: Heard, decided: Decided[S], answers: Sequence[Json], partition: str, began: float) -> None:
        """Take over a decision: the new state, and the answers under the id of their cause."""
        recorded = tuple(answers)
        self.record = Record(
            order_id=self.record.order_id,
            pk=self.record.pk,
            state=decided.state,
            handled={**self.record.handled, heard.event.id: recorded},
            partition=partition,
            etag=self.record.etag,
        )
        self.changed = True
        self.steps.append(Step(heard, decided.note, recorded, time.perf_counter() - began))

    def ignore(self, heard: Heard, ignored: Ignored, began: float) -> None:
        """Note that there was nothing to do."""
        self.steps.append(Step(heard, "ignored", (), time.perf_counter() - began, ignored.reason))

    def bury(self, heard: Heard, letter: DeadLetter, began: float) -> None:
        """Note that the event becomes a dead letter."""
        self.letters.append(letter)
        self.steps.append(
            Step(heard, "dead letter", (), time.perf_counter() - began, f"{letter.reason}: {letter.detail}")
        )
