"""What of a participant's work is counted, and with which attributes."""

from collections.abc import Sequence
from typing import Any, Literal

from quartet.engine.declaration.participant import Participant
from quartet.engine.ports import DeadLetter
from quartet.engine.saga_update import Step
from quartet.engine.telemetry.naming import OUTCOME, PARTICIPANT
from quartet.process.telemetry.instruments import OTHER, Instruments, known, reason_of

EVENT: str = "quartet.event.type"
REASON: str = "quartet.reason"


class Counting:
    """Counts for one participant."""

    def __init__(self, participant: Participant[Any, Any], instruments: Instruments) -> None:
        self._instruments = instruments
        self._own = {PARTICIPANT: participant.name}
        self._types = frozenset(participant.events)
        self._ends = frozenset(event.type for event in participant.ends)
        self._processing = {
            **self._own,
            "messaging.system": "eventhubs",
            "messaging.operation.name": "process",
            "messaging.consumer.group.name": participant.name,
        }

    def batch(self, operation: Literal["receive", "commit", "send"], size: int) -> None:
        """A batch of this many messages, or records."""
        self._instruments.batch.record(size, {**self._own, "quartet.operation": operation})

    def conflicts(self, sagas: int) -> None:
        """This many sagas have lost to another writer."""
        self._instruments.conflicts.add(sagas, self._own)

    def dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """These were stored."""
        for letter in letters:
            attributes = {
                **self._own,
                EVENT: known(letter.event_type, self._types),
                REASON: self._instruments.code(letter.reason) or OTHER,
            }
            self._instruments.dead_letters.add(1, attributes)

    def step(self, step: Step, outcome: str, seconds: float, age: float | None) -> None:
        """A step has ended, `seconds` after its handler began, and `age` seconds after the hub took its event in."""
        instruments, attributes = self._instruments, {**self._own, EVENT: step.delivery.event.type}
        instruments.processed.add(1, {**attributes, OUTCOME: outcome})
        if step.handling is not None:
            instruments.processing.record(seconds, {**self._processing, EVENT: step.delivery.event.type})
        if not step.decides:
            return
        if age is not None:
            instruments.latency.record(age, attributes)
        if step.begins:
            instruments.started.add(1, attributes)
        for said in step.said:
            self._said(said)

    def _said(self, said: dict[str, Any]) -> None:
        reason = self._instruments.code(reason_of(said))
        attributes = {**self._own, EVENT: str(said["type"]), **({} if reason is None else {REASON: reason})}
        self._instruments.said.add(1, attributes)
        if said["type"] in self._ends:
            self._instruments.ended.add(1, attributes)
