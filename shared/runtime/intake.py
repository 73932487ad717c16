"""Reading a received batch: what is for this participant, in which saga, and what cannot be read at all."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from shared.events import REGISTRY, Event, EventData, Unreadable, read_envelope
from shared.runtime.ports import DeadLetter, Message


@dataclass(frozen=True, slots=True)
class Heard:
    """An event for this participant, and the message that brought it."""

    event: Event[EventData]
    message: Message


@dataclass(frozen=True, slots=True)
class Unread:
    """An event that says which order it belongs to, and no more that could be read. It is a dead letter already."""

    letter: DeadLetter

    @property
    def message(self) -> Message:
        """The message that brought it."""
        return self.letter.message


Item: TypeAlias = Heard | Unread


@dataclass(slots=True)
class Intake:
    """A received batch, sorted.

    Attributes:
        sagas: what there is for each order, in the partition's order.
        letters: what cannot be read and holds up nobody.
        passed_over: how many events are for others.
    """

    sagas: dict[str, list[Item]] = field(default_factory=dict)
    letters: list[DeadLetter] = field(default_factory=list)
    passed_over: int = 0


def read_batch(
    messages: Sequence[Message], *, partition: str, hears: Collection[str], opens: Collection[str], now: datetime
) -> Intake:
    """Sort a batch. Events of other participants cost one look at their type; only our own are validated.

    What cannot be read of a known order may hold up the order, so it stays in line. An event of a type that `opens`
    a saga never does: if nothing is known of the order, a corrected one must get through; if something is, it would
    have been a repeat.
    """
    intake = Intake()
    for message in messages:
        read = _read(message, hears)
        if isinstance(read, Heard):
            intake.sagas.setdefault(read.event.order_id, []).append(read)
        elif isinstance(read, DeadLetterCause):
            letter = read.letter(message, partition, now)
            if letter.order_id is None or letter.event_type in opens:
                intake.letters.append(letter)
            else:
                intake.sagas.setdefault(letter.order_id, []).append(Unread(letter))
        else:
            intake.passed_over += 1
    return intake


@dataclass(frozen=True, slots=True)
class DeadLetterCause:
    """Why a message is dead, and as much as could be read of what it was."""

    why: Unreadable
    order_id: str | None = None
    event_id: str | None = None
    event_type: str | None = None

    def letter(self, message: Message, partition: str, now: datetime) -> DeadLetter:
        """The dead letter itself. Reading needs one attempt: a second would read the same bytes."""
        return DeadLetter(
            message=message,
            partition=partition,
            reason=self.why.reason,
            detail=self.why.detail,
            attempts=1,
            order_id=self.order_id,
            event_id=self.event_id,
            event_type=self.event_type,
            dead_at=now,
        )


def _read(message: Message, hears: Collection[str]) -> Heard | DeadLetterCause | None:
    envelope = read_envelope(message.body, message.content_type, message.properties)
    if isinstance(envelope, Unreadable):
        return DeadLetterCause(envelope)
    if envelope.type not in hears and envelope.type in REGISTRY:
        return None
    event = envelope.read()
    if isinstance(event, Unreadable):
        return DeadLetterCause(event, envelope.subject, envelope.id, envelope.type)
    return Heard(event, message)
