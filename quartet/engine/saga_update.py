"""One saga's events in one received batch, run against one record; and which events wait behind a dead letter.

The rules for a saga with dead letters:

- While dead letters are *parked*, only the event of the first one is handled. If that succeeds, it leaves the queue,
  and the next one may be handled. All others wait, as dead letters, at the end of the queue. A redelivery of the first
  one is therefore a retry, and a redrive gives the dead letters of a saga to an engine again, in order.
- An event whose dead letter is *owed* is handled again in spite of its recorded answers. Its new answers are added.
- An event whose dead letter was *discarded* has no effect, however often it is delivered.
- No event of a saga with an unreadable document is handled: its events wait for a release that can read it.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Generic, TypeGuard, TypeVar

from quartet.engine.declaration.outcome import Decided, Ignored, Rejected
from quartet.engine.ports import DeadLetter, Now
from quartet.engine.received import Delivered, Delivery, UnreadableDelivery
from quartet.engine.recording.runs import with_run, without_events
from quartet.engine.recording.tape import Tape
from quartet.engine.records.record import Answers, Json, Record, RecordLimits, surplus
from quartet.engine.telemetry.port import Handling

S = TypeVar("S")

WAITING: Final = "waiting"
COMPENSATION_FAILED: Final = "compensation_failed"
STATE_UNREADABLE: Final = "state_unreadable"


@dataclass(frozen=True, slots=True)
class Step:
    """The outcome of one event: for its log line, and with the answers to publish.

    Attributes:
        letter: the dead letter that it has become, if any.
        said: those of `answers` that are said for the first time.
        decides: whether this is the first decision about the event, as far as the record shows.
        begins: whether it makes the record of the saga.
        handling: the run of its handler, where that is observed.
    """

    delivery: Delivery
    outcome: str
    answers: Answers
    seconds: float
    detail: str | None = None
    letter: DeadLetter | None = None
    said: Answers = field(default=(), compare=False)
    decides: bool = field(default=False, compare=False)
    begins: bool = field(default=False, compare=False)
    handling: Handling | None = field(default=None, compare=False)


@dataclass(slots=True)
class SagaUpdate(Generic[S]):
    """Makes a new record from an old one. Nothing of it counts until the record is committed.

    Attributes:
        partition: where the events come from.
        changed: whether there is something to commit.
        new_state: whether the participant's state differs from the one that is committed.
        rest: the events that have to wait for the commit.
        unread: the dead letters of events that could not be read; those of the others are with their steps.
        dropped: the recorded answers that leave the record to keep it small. They are published once more before the
            record is committed without them, so none of them can be lost.
    """

    record: Record[S]
    partition: str
    now: Now
    limits: RecordLimits = field(default_factory=RecordLimits)
    changed: bool = False
    new_state: bool = False
    rest: Sequence[Delivered] = ()
    steps: list[Step] = field(default_factory=list)
    unread: list[DeadLetter] = field(default_factory=list)
    dropped: list[Json] = field(default_factory=list)
    _added: set[str] = field(default_factory=set)
    _taken: list[Delivered] = field(default_factory=list)
    _origin: Record[S] = field(init=False)

    def __post_init__(self) -> None:
        """Keep the record as it is stored, for `refuse`."""
        self._origin = self.record

    @property
    def is_full(self) -> bool:
        """Whether the record must be committed before more answers may be added to it."""
        return 2 * len(self._added) >= self.limits.handled

    def refuse(self, reason: str, detail: str) -> None:
        """Undo the run: the new record cannot be stored. The events of this run become dead letters."""
        taken = self._taken
        self.record, self.changed, self.new_state = self._origin, False, False
        self.steps, self.unread, self.dropped, self._taken = [], [], [], []
        self._added.clear()
        for item in taken:
            if self.admit(item):
                self.fail(item, reason, detail, 1, time.perf_counter())

    def letters(self) -> list[DeadLetter]:
        """All dead letters of this run."""
        return [*self.unread, *(step.letter for step in self.steps if step.letter is not None)]

    def admit(self, item: Delivered) -> TypeGuard[Delivery]:
        """Whether its handler must run now. If not, the event is finished for this run."""
        self._taken.append(item)
        if self._is_discarded(item):
            if isinstance(item, Delivery):
                self.steps.append(Step(item, "discarded", (), 0.0))
            return False
        if isinstance(item, UnreadableDelivery):
            self._note_unread(item)
            return False
        recorded = self.record.answers_to(item.event)
        if recorded is not None and not self._is_owed(item):
            self._leave_line(item)
            self.steps.append(Step(item, "repeated", recorded, 0.0))
            return False
        if self._must_wait(item):
            self._park(item)
            behind = self.record.parked[0] if self.record.parked else "other dead letters of the saga"
            self._bury(item, WAITING, f"behind {behind}", 0, time.perf_counter())
            return False
        if self.record.foreign is not None:
            self.fail(item, STATE_UNREADABLE, self.record.foreign.problem, 1, time.perf_counter())
            return False
        return True

    def decide(
        self,
        delivery: Delivery,
        decided: Decided[S],
        answers: Sequence[Json],
        began: float,
        tape: Tape | None = None,
    ) -> None:
        """Take over a decision: the new state, and the answers under the id of their cause."""
        earlier = self.record.answers_to(delivery.event)
        before = earlier or ()
        known = {said["id"] for said in before}
        recorded = (*before, *(said for said in answers if said["id"] not in known))
        begins = self._origin.is_new and not self._added
        if not decided.owed:
            self._leave_line(delivery)
        elif not self._is_owed(delivery):
            self._leave_line(delivery)
            self._change(owed=(*self.record.owed, delivery.message.letter_id(self.partition)))
        self.new_state = self.new_state or self.record.is_new or decided.state != self.record.state
        self._record(delivery, decided.state, recorded)
        if tape is not None:
            places = {said["id"]: place for place, said in enumerate(recorded)}
            outcome = "owed" if decided.owed else "decided"
            self._keep(tape.run(delivery.event.key, outcome, [places[said["id"]] for said in answers]))
        letter = self._letter(delivery, COMPENSATION_FAILED, decided.owed, 1) if decided.owed else None
        step = Step(
            delivery,
            decided.note,
            recorded,
            time.perf_counter() - began,
            detail=None if letter is None else f"{letter.reason}: {letter.detail}",
            letter=letter,
            said=recorded[len(before) :],
            decides=earlier is None,
            begins=begins,
        )
        self.steps.append(step)

    def observed(self, handling: Handling) -> None:
        """Note with the newest step by which run of its handler it came about."""
        self.steps[-1] = replace(self.steps[-1], handling=handling)

    def ignore(self, delivery: Delivery, ignored: Ignored, began: float, tape: Tape | None = None) -> None:
        """Note that there was nothing to do."""
        self._leave_line(delivery)
        self._keep_calls(delivery, tape, "ignored")
        recorded = self.record.answers_to(delivery.event) or ()
        self.steps.append(Step(delivery, "ignored", recorded, time.perf_counter() - began, ignored.reason))

    def reject(self, delivery: Delivery, rejected: Rejected, began: float, tape: Tape | None = None) -> None:
        """Note that the event must not have an effect: it becomes a dead letter that blocks nothing."""
        if not self._is_owed(delivery):
            self._leave_line(delivery)
        self._keep_calls(delivery, tape, "rejected", rejected.reason)
        self._bury(delivery, rejected.reason, rejected.detail, 1, began)

    def fail(
        self, delivery: Delivery, reason: str, detail: str, attempts: int, began: float, *, tape: Tape | None = None
    ) -> None:
        """Note that the event could not be handled: it becomes a dead letter, and the saga waits for it."""
        if not self._is_owed(delivery):
            self._park(delivery)
            if tape is not None:
                self._keep(tape.run(delivery.event.key, "failed", reason=reason))
        self._bury(delivery, reason, detail, attempts, began)

    def _record(self, delivery: Delivery, state: S, answers: Answers) -> None:
        """Record the state and the answers to an event, as the newest ones, and drop the oldest beyond the limits."""
        own = delivery.event.key
        handled = {key: kept for key, kept in self.record.handled.items() if key not in {own, delivery.event.id}}
        handled[own] = answers
        self._added.add(own)
        gone = set[str]()
        for key in list(handled)[: surplus(handled, self.limits)]:
            if key in self._added:
                break  # answers that are not committed have not been published either
            self.dropped += handled.pop(key)
            gone.add(key)
        types = (str(answer["type"]) for answer in self.dropped if "type" in answer)
        said = dict.fromkeys((*self.record.said_before, *types))
        runs = without_events(self.record.runs, gone) if gone else self.record.runs
        self._change(state=state, handled=handled, said_before=tuple(said), runs=runs)

    def _keep(self, run: Json) -> None:
        runs = with_run(self.record.runs, run, most_bytes=self.limits.run_bytes)
        if runs != self.record.runs:
            self._change(runs=runs)

    def _keep_calls(self, delivery: Delivery, tape: Tape | None, outcome: str, reason: str = "") -> None:
        """Keep what was asked about an event that changes nothing. No record is made for it."""
        if tape is not None and tape.calls and not self.record.is_new:
            self._keep(tape.run(delivery.event.key, outcome, reason=reason))

    def _note_unread(self, item: UnreadableDelivery) -> None:
        # Of a saga that is not known here there is nothing to hold up.
        if not self.record.is_new or self.changed:
            self._park(item)
        self.unread.append(item.letter)

    def _is_discarded(self, item: Delivered) -> bool:
        discarded = self.record.discarded
        return bool(discarded) and (item.message.letter_id(self.partition) in discarded or item.key in discarded)

    def _must_wait(self, delivery: Delivery) -> bool:
        if not self.record.is_blocked or self._is_owed(delivery):
            return False
        return self.record.parked[:1] != (delivery.message.letter_id(self.partition),)

    def _is_owed(self, delivery: Delivery) -> bool:
        return bool(self.record.owed) and delivery.message.letter_id(self.partition) in self.record.owed

    def _park(self, item: Delivered) -> None:
        letter_id = item.message.letter_id(self.partition)
        if letter_id in self.record.parked:
            return
        if len(self.record.parked) < self.limits.parked and not self.record.parked_beyond:
            self._change(parked=(*self.record.parked, letter_id))
        else:
            self._change(parked_beyond=self.record.parked_beyond + 1)

    def _leave_line(self, delivery: Delivery) -> None:
        """Remove the event's dead letter: later events are unblocked, and no compensation is missing because of it."""
        if not self.record.has_dead_letters:
            return
        self.strike(delivery.message.letter_id(self.partition))

    def strike(self, letter_id: str) -> None:
        """Take a dead letter out of the record."""
        parked = tuple(parked for parked in self.record.parked if parked != letter_id)
        owed = tuple(owed for owed in self.record.owed if owed != letter_id)
        if (parked, owed) != (self.record.parked, self.record.owed):
            self._change(parked=parked, owed=owed)

    def discard(self, letter_id: str, key: str | None) -> None:
        """Discard a dead letter in the record: its event never has an effect.

        A record is made for it if there is none: the event may be delivered again when the saga is known.
        """
        self.strike(letter_id)
        names = (name for name in (letter_id, key) if name is not None and name not in self.record.discarded)
        self._change(discarded=(*self.record.discarded, *names)[-self.limits.discarded :])

    def line_up(self, letter_ids: Sequence[str]) -> None:
        """Put these dead letters into the queue, in place of those that had no place in the record."""
        if self.record.parked_beyond and not self.record.parked:
            most = self.limits.parked
            self._change(parked=tuple(letter_ids[:most]), parked_beyond=max(0, len(letter_ids) - most))

    def _change(self, **changes: object) -> None:
        if self.record.foreign is not None and self.record.foreign.document is None:
            return  # what could not even be loaded cannot be written: the dead letters alone must do
        self.record = replace(self.record, partition=self.partition, **changes)  # type: ignore[arg-type]  # by name
        self.changed = True

    def _bury(self, delivery: Delivery, reason: str, detail: str, attempts: int, began: float) -> None:
        letter = self._letter(delivery, reason, detail, attempts)
        seconds = time.perf_counter() - began
        self.steps.append(Step(delivery, "dead letter", (), seconds, f"{reason}: {detail}", letter))

    def _letter(self, delivery: Delivery, reason: str, detail: str, attempts: int) -> DeadLetter:
        event = delivery.event
        return DeadLetter(
            delivery.message, self.partition, reason, detail, attempts, event.saga_id, event.id, event.type, self.now()
        )
