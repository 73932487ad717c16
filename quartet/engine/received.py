"""Reading a received batch: the deliveries for this participant, by saga, and the unreadable ones."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, TypeAlias

from quartet.engine.dead_letters.requests import REDRIVE_EVENTS, RedriveRequested, is_of_library
from quartet.engine.declaration.hubs import REFUSED, Hubs
from quartet.engine.declaration.participant import Participant
from quartet.engine.errors import one_line
from quartet.engine.ports import DeadLetter, Message
from quartet.events import Envelope, Event, EventData, Unreadable, UpcastError, event_key, read_envelope

READING_FAILED: Final = "reading_failed"

UPCAST_FAILED: Final = "upcast_failed"
"""Why an event is a dead letter that could not be turned into the version that the participant handles."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event for this participant, and the message that brought it."""

    event: Event[EventData]
    message: Message

    @property
    def key(self) -> str | None:
        """What tells the event apart from all others."""
        return self.event.key

    @property
    def type(self) -> str | None:
        """The type of the event."""
        return self.event.type

    @property
    def saga_id(self) -> str | None:
        """The saga that it belongs to."""
        return self.event.saga_id


@dataclass(frozen=True, slots=True)
class UnreadableDelivery:
    """An event that says which saga it belongs to, and no more that could be read. It is a dead letter already.

    Attributes:
        key: what tells it apart from all others, if its envelope says so.
    """

    letter: DeadLetter
    key: str | None = None

    @property
    def message(self) -> Message:
        """The message that brought it."""
        return self.letter.message

    @property
    def type(self) -> str | None:
        """The type of the event, as far as its envelope says."""
        return self.letter.event_type

    @property
    def saga_id(self) -> str | None:
        """The saga that it belongs to."""
        return self.letter.saga_id


Delivered: TypeAlias = Delivery | UnreadableDelivery


@dataclass(frozen=True, slots=True)
class RequestDelivery:
    """A request to redrive, and the message that brought it."""

    event: Event[RedriveRequested]
    message: Message


@dataclass(slots=True)
class ReceivedBatch:
    """A received batch, sorted.

    Attributes:
        sagas: what there is for each saga, in the partition's order.
        letters: dead letters that block no saga.
        requests: to redrive dead letters of this participant.
    """

    sagas: dict[str, list[Delivered]] = field(default_factory=dict)
    letters: list[DeadLetter] = field(default_factory=list)
    requests: list[RequestDelivery] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether all its events are for other participants."""
        return not (self.sagas or self.letters or self.requests)


def read_batch(
    messages: Sequence[Message],
    participant: Participant[Any, Any],
    hubs: Hubs,
    *,
    partition: str,
    now: datetime,
) -> ReceivedBatch:
    """Sort a batch for a participant of an application that has these hubs.

    Of events of other participants only the envelope is read; those of this participant are validated, and turned into
    the version that it handles (`Participant.as_handled`): one that cannot be is unreadable. An event that
    its source may not say, or not here, is a dead letter at every participant that receives it: perhaps no other hears
    its type. It blocks no saga, since a forger can name any.

    An unreadable event of a known saga blocks the saga, so it enters the queue. An event of a type that `opens` a
    saga never does: if the saga is unknown, a corrected event must get through; if it is known, this one would
    have been a repeat.
    """
    received, hears, opens = ReceivedBatch(), participant.hears, participant.opens
    for message in messages:
        try:
            read = _read(message, participant, hubs, hears)
        except Exception as bug:  # noqa: BLE001 -- a message may hold anything; one must not stop the partition
            read = cause_of_death(message, READING_FAILED, one_line(bug))
        if isinstance(read, Delivery):
            received.sagas.setdefault(read.event.saga_id, []).append(read)
        elif isinstance(read, RequestDelivery):
            received.requests.append(read)
        elif isinstance(read, DeadLetterCause):
            letter = read.letter(message, partition, now)
            if letter.saga_id is None or letter.event_type in opens or read.reason in REFUSED:
                received.letters.append(letter)
            else:
                received.sagas.setdefault(letter.saga_id, []).append(UnreadableDelivery(letter, read.key))
    return received


@dataclass(frozen=True, slots=True)
class DeadLetterCause:
    """Why a message is dead, and as much as could be read of what it was.

    Attributes:
        reason, detail: as in `DeadLetter`.
        key: what tells the event apart from all others (`Event.key`).
    """

    reason: str
    detail: str
    saga_id: str | None = None
    event_id: str | None = None
    event_type: str | None = None
    key: str | None = None

    def letter(self, message: Message, partition: str, now: datetime) -> DeadLetter:
        """The dead letter itself. Reading needs one attempt: a second would read the same bytes."""
        return DeadLetter(
            message=message,
            partition=partition,
            reason=self.reason,
            detail=self.detail,
            attempts=1,
            saga_id=self.saga_id,
            event_id=self.event_id,
            event_type=self.event_type,
            dead_at=now,
        )


def cause_of_death(message: Message, reason: str, detail: str) -> DeadLetterCause:
    """Why a message is dead that this module has not found fault with, and what it is as far as it can be read."""
    try:
        envelope = read_envelope(message.body, message.content_type, message.properties, message.body_form)
    except Exception:  # noqa: BLE001 -- reading it may be the very thing that fails
        return DeadLetterCause(reason, detail)
    return _cause(envelope if isinstance(envelope, Envelope) else None, reason, detail)


def _read(
    message: Message, participant: Participant[Any, Any], hubs: Hubs, hears: Collection[str]
) -> Delivery | RequestDelivery | DeadLetterCause | None:
    envelope = read_envelope(message.body, message.content_type, message.properties, message.body_form)
    if isinstance(envelope, Unreadable):
        return _cause(None, envelope.reason, envelope.detail)
    refusal = hubs.refusal(message.hub, envelope.type, envelope.source)
    if refusal is not None:
        return _cause(envelope, refusal.reason, refusal.detail)
    if is_of_library(envelope.type):
        return _read_request(envelope, message, participant.name)
    if envelope.type not in hears and envelope.type in participant.events:
        return None
    return _read_event(envelope, message, participant)


def _read_event(envelope: Envelope, message: Message, participant: Participant[Any, Any]) -> Delivery | DeadLetterCause:
    event = envelope.read(participant.events)
    if isinstance(event, Unreadable):
        return _cause(envelope, event.reason, event.detail)
    try:
        return Delivery(participant.as_handled(event), message)
    except UpcastError as error:
        return _cause(envelope, UPCAST_FAILED, str(error))


def _read_request(envelope: Envelope, message: Message, participant: str) -> RequestDelivery | DeadLetterCause | None:
    event = envelope.read(REDRIVE_EVENTS)
    if isinstance(event, Unreadable):
        # It is about dead letters, and not an event of the saga: it blocks no saga.
        return replace(_cause(envelope, event.reason, event.detail), saga_id=None)
    data = event.data
    if not isinstance(data, RedriveRequested) or data.participant != participant:
        return None
    return RequestDelivery(replace(event, data=data), message)  # type: ignore[arg-type]  # its data is a request


def _cause(envelope: Envelope | None, reason: str, detail: str) -> DeadLetterCause:
    if envelope is None:
        return DeadLetterCause(reason, detail)
    key = event_key(envelope.source, envelope.id)
    return DeadLetterCause(reason, detail, envelope.subject, envelope.id, envelope.type, key)
