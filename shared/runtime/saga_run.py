"""One order's events in one received batch, run against one record; and who must wait behind whom.

The rules for an order with dead letters:

- While letters are *parked*, only the event of the first one is handled. If that succeeds, it leaves the line, and
  the next one may go. All others wait, as dead letters, at the end of the line. So a redelivery of the first one is a
  retry, and to redrive an order is to give its dead letters to an engine again, in order.
- An event whose letter is *owed* is handled again in spite of its recorded answers. What it says now is added to them.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Generic, TypeGuard, TypeVar

from shared.runtime.intake import Heard, Item, Unread
from shared.runtime.outcome import Decided, Ignored, Rejected
from shared.runtime.ports import DeadLetter, Now
from shared.runtime.record import Json, Record

S = TypeVar("S")

WAITING: Final = "waiting"
COMPENSATION_FAILED: Final = "compensation_failed"


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one event: for its log line, and with the answers that it has earned.

    Attributes:
        letter: the dead letter that it has become, if it has.
    """

    heard: Heard
    outcome: str
    answers: tuple[Json, ...]
    seconds: float
    detail: str | None = None
    letter: DeadLetter | None = None


@dataclass(slots=True)
class SagaRun(Generic[S]):
    """Runs up a new record from an old one. Nothing of it counts until the record is committed.

    Attributes:
        partition: where the events come from.
        rest: the events that have to wait for that.
        unread: the dead letters of events that could not be read; those of the others are with their steps.
    """

    record: Record[S]
    partition: str
    now: Now
    changed: bool = False
    rest: Sequence[Item] = ()
    steps: list[Step] = field(default_factory=list)
    unread: list[DeadLetter] = field(default_factory=list)

    def letters(self) -> list[DeadLetter]:
        """All dead letters of this run."""
        return [*self.unread, *(step.letter for step in self.steps if step.letter is not None)]

    def admit(self, item: Item) -> TypeGuard[Heard]:
        """Whether its handler is to run now. If not, all that there is to do about the event has been done."""
        if isinstance(item, Unread):
            self._note_unread(item)
            return False
        recorded = self.record.handled.get(item.event.id)
        if recorded is not None and not self._is_owed(item):
            self._leave_line(item)
            self.steps.append(Step(item, "repeated", recorded, 0.0))
            return False
        if self._must_wait(item):
            self._park(item)
            self._bury(item, WAITING, f"behind {self.record.parked[0]}", 0, time.perf_counter())
            return False
        return True

    def decide(self, heard: Heard, decided: Decided[S], answers: Sequence[Json], began: float) -> None:
        """Take over a decision: the new state, and the answers under the id of their cause."""
        before = self.record.handled.get(heard.event.id, ())
        known = {said["id"] for said in before}
        recorded = (*before, *(said for said in answers if said["id"] not in known))
        if not decided.owed:
            self._leave_line(heard)
        elif not self._is_owed(heard):
            self._leave_line(heard)
            self._change(owed=(*self.record.owed, heard.message.letter_id(self.partition)))
        self._change(state=decided.state, handled={**self.record.handled, heard.event.id: recorded})
        if decided.owed:
            letter = self._letter(heard, COMPENSATION_FAILED, decided.owed, 1)
            detail = f"{letter.reason}: {letter.detail}"
            self.steps.append(Step(heard, decided.note, recorded, time.perf_counter() - began, detail, letter))
        else:
            self.steps.append(Step(heard, decided.note, recorded, time.perf_counter() - began))

    def ignore(self, heard: Heard, ignored: Ignored, began: float) -> None:
        """Note that there was nothing to do."""
        self._leave_line(heard)
        recorded = self.record.handled.get(heard.event.id, ())
        self.steps.append(Step(heard, "ignored", recorded, time.perf_counter() - began, ignored.reason))

    def reject(self, heard: Heard, rejected: Rejected, began: float) -> None:
        """Note that the event must not have an effect: it becomes a dead letter, for which nobody waits."""
        if not self._is_owed(heard):
            self._leave_line(heard)
        self._bury(heard, rejected.reason, rejected.detail, 1, began)

    def fail(self, heard: Heard, reason: str, detail: str, attempts: int, began: float) -> None:
        """Note that the event could not be handled: it becomes a dead letter, and the order waits for it."""
        if not self._is_owed(heard):
            self._park(heard)
        self._bury(heard, reason, detail, attempts, began)

    def _note_unread(self, item: Unread) -> None:
        # Of an order that is not known here there is nothing to hold up.
        if not self.record.is_new or self.changed:
            self._park(item)
        self.unread.append(item.letter)

    def _must_wait(self, heard: Heard) -> bool:
        parked = self.record.parked
        return bool(parked) and heard.message.letter_id(self.partition) != parked[0] and not self._is_owed(heard)

    def _is_owed(self, heard: Heard) -> bool:
        return bool(self.record.owed) and heard.message.letter_id(self.partition) in self.record.owed

    def _park(self, item: Item) -> None:
        letter_id = item.message.letter_id(self.partition)
        if letter_id not in self.record.parked:
            self._change(parked=(*self.record.parked, letter_id))

    def _leave_line(self, heard: Heard) -> None:
        """Nothing has to wait for the event any more, and nothing is owed because of it."""
        if not self.record.has_dead_letters:
            return
        self.strike(heard.message.letter_id(self.partition))

    def strike(self, letter_id: str) -> None:
        """Take a dead letter out of the record."""
        parked = tuple(parked for parked in self.record.parked if parked != letter_id)
        owed = tuple(owed for owed in self.record.owed if owed != letter_id)
        if (parked, owed) != (self.record.parked, self.record.owed):
            self._change(parked=parked, owed=owed)

    def _change(self, **changes: object) -> None:
        self.record = replace(self.record, partition=self.partition, **changes)  # type: ignore[arg-type]  # by name
        self.changed = True

    def _bury(self, heard: Heard, reason: str, detail: str, attempts: int, began: float) -> None:
        letter = self._letter(heard, reason, detail, attempts)
        seconds = time.perf_counter() - began
        self.steps.append(Step(heard, "dead letter", (), seconds, f"{reason}: {detail}", letter))

    def _letter(self, heard: Heard, reason: str, detail: str, attempts: int) -> DeadLetter:
        event = heard.event
        return DeadLetter(
            heard.message, self.partition, reason, detail, attempts, event.order_id, event.id, event.type, self.now()
        )
