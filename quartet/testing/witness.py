"""The witness: sees everything that is said and done, and checks the rules for any application."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from quartet.engine.ports import DeadLetter, Message
from quartet.engine.records.record import Json, Record
from quartet.engine.saga_update import Step
from quartet.events import Models, Unreadable, event_key, read_envelope


@dataclass(slots=True)
class Witness:
    """The observations so far.

    Attributes:
        said: every event, by its key, in the order in which they were said first.
        answers: the keys of those that a participant has said.
        settled: the places of the hub for which a participant has an outcome.
        violations: broken rules, one line each.
    """

    said: dict[str, Json] = field(default_factory=dict)
    answers: set[str] = field(default_factory=set)
    settled: set[tuple[str, str, int]] = field(default_factory=set)
    violations: list[str] = field(default_factory=list)

    def copy(self) -> "Witness":
        """Another one that has seen the same."""
        return Witness(dict(self.said), set(self.answers), set(self.settled), list(self.violations))

    def hear(self, event: Json) -> str:
        """Note an event that was said. Returns its key."""
        key = event_key(str(event["source"]), str(event["id"]))
        before = self.said.setdefault(key, event)
        if before != event:
            self.violations.append(f"one id is two events: {event['source']} {event['id']}: {before} and {event}")
        return key

    def answer(self, name: str, event: Json, record: Record[Any] | None) -> None:
        """A participant says an event, and this is the record of its saga at that moment."""
        recorded = record.handled.values() if record is not None else ()
        if not any(event in answers for answers in recorded):
            self.violations.append(f"{name} has said {event['type']} in {event['subject']} without recording it")
        self.answers.add(self.hear(event))

    def settle(self, name: str, partition: str, became: Sequence[Step | DeadLetter]) -> None:
        """A participant has an outcome of these events."""
        for one in became:
            message = one.message if isinstance(one, DeadLetter) else one.delivery.message
            self.settled.add((name, partition, message.sequence_number))

    def note_checkpoint(
        self, name: str, partition: str, messages: Sequence[Message], hears: frozenset[str], models: Models
    ) -> None:
        """A participant has stored a checkpoint that passes these messages."""
        for message in messages:
            if (name, partition, message.sequence_number) in self.settled or not _concerns(message, hears, models):
                continue
            self.violations.append(
                f"{name} has neither handled nor kept message {message.sequence_number} of partition {partition}: "
                f"{message.body[:200]!r}"
            )


def _concerns(message: Message, hears: frozenset[str], models: Models) -> bool:
    envelope = read_envelope(message.body, message.content_type, message.properties, message.body_form)
    return isinstance(envelope, Unreadable) or envelope.type in hears or envelope.type not in models
