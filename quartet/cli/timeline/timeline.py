"""The timeline of one saga: every event in order, with its source, its cause and its time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from quartet.azure.settings import Settings
from quartet.cli.application import choreography
from quartet.cli.reading.hub_reader import Found, read_hubs
from quartet.cli.reading.hubs import hubs_of
from quartet.engine.declaration.hubs import Hubs, Refusal
from quartet.engine.ports import Message
from quartet.events import Envelope, Unreadable, read_envelope


@dataclass(frozen=True, slots=True)
class Said:
    """One event of a saga.

    Attributes:
        number: its place in the timeline, from 1.
        at: when the hub took it in.
        milliseconds: since the first event of the saga.
        cause: the number of the event that it answers; None if it answers none, or one that the hub no longer has.
        repeats: the number of the event that had the same source and id before; None if it was said for the first time.
        remark: its content in a word, why it cannot be read, or why it has no effect.
        is_read: whether this release can read it; one that it cannot read is shown, too. So is one that its source may
            not say, or not on the hub that it came in by.
        hub: the label of that hub; see `Message.hub`.
    """

    number: int
    at: datetime
    milliseconds: int
    type: str
    source: str
    event_id: str
    causation_id: str | None
    cause: int | None
    repeats: int | None
    remark: str
    partition: str
    sequence_number: int
    is_read: bool = True
    hub: str = ""


async def read_timeline(saga_id: str, settings: Settings) -> list[Said]:
    """The events of a saga that the hub still holds; empty if there are none. Raises as `find_messages` does."""
    return tell(await find_messages(saga_id, settings), hubs_of(settings))


async def find_messages(saga_id: str, settings: Settings) -> list[Found]:
    """The messages about a saga that the hubs still hold, by the time when they came in; empty if there are none.

    Raises:
        ConfigurationError: the settings cannot be used, or the hub does not exist.
        OutageError: the hub does not answer.
    """
    needle = saga_id.encode()

    def wanted(message: Message) -> bool:
        # Looking for the text first spares the parsing of nearly all that is not wanted. JSON may write it with
        # escapes, though, and in binary mode it may be in the properties alone.
        may_be = needle in message.body or b"\\u" in message.body or bool(message.properties)
        return may_be and concerns(message, saga_id)

    return await read_hubs(settings, wanted)


def tell(found: Sequence[Found], hubs: Hubs) -> list[Said]:
    """The timeline of one saga from its readable messages, in the order given."""
    story: list[Said] = []
    first_saying: dict[str, int] = {}
    known: dict[tuple[str, str], int] = {}
    for one in found:
        envelope = _envelope(one.message)
        number = len(story) + 1
        milliseconds = round((one.enqueued - found[0].enqueued).total_seconds() * 1000)
        if isinstance(envelope, Unreadable):
            story.append(_unreadable(one, envelope, number, milliseconds))
            continue
        refusal = hubs.refusal(one.message.hub, envelope.type, envelope.source)
        remark, is_read = _remark(envelope, refusal)
        story.append(
            Said(
                number=number,
                at=one.enqueued,
                milliseconds=milliseconds,
                type=envelope.type,
                source=envelope.source,
                event_id=envelope.id,
                causation_id=envelope.causation_id,
                cause=first_saying.get(envelope.causation_id or ""),
                repeats=known.get((envelope.source, envelope.id)),
                remark=remark,
                partition=one.partition,
                sequence_number=one.message.sequence_number,
                is_read=is_read,
                hub=one.message.hub,
            )
        )
        if refusal is not None:
            continue  # what it says of its id means nothing
        first_saying.setdefault(envelope.id, number)
        known.setdefault((envelope.source, envelope.id), number)
    return story


def concerns(message: Message, saga_id: str) -> bool:
    """Whether a message is about a saga: by its subject, or, if it is no event, by the saga id that it names."""
    envelope = _envelope(message)
    if isinstance(envelope, Unreadable):
        return re.search(rf"(?<![A-Za-z0-9_-]){re.escape(saga_id)}(?![A-Za-z0-9_-])".encode(), message.body) is not None
    return envelope.subject == saga_id


def _unreadable(one: Found, why: Unreadable, number: int, milliseconds: int) -> Said:
    return Said(
        number=number,
        at=one.enqueued,
        milliseconds=milliseconds,
        type="not an event",
        source="",
        event_id="",
        causation_id=None,
        cause=None,
        repeats=None,
        remark=f"cannot be read: {why.detail}",
        partition=one.partition,
        sequence_number=one.message.sequence_number,
        is_read=False,
        hub=one.message.hub,
    )


def _envelope(message: Message) -> Envelope | Unreadable:
    return read_envelope(message.body, message.content_type, message.properties, message.body_form)


def _remark(envelope: Envelope, refusal: Refusal | None) -> tuple[str, bool]:
    """What an event says in a word, and whether the participants read it at all."""
    if refusal is not None:
        return f"has no effect: {refusal.detail}", False
    event = envelope.read(choreography().models)
    if isinstance(event, Unreadable):
        return f"cannot be read: {event.detail}", False
    return event.data.remark, True
