"""One saga as a story: every event in order, who said it, because of what, after how long."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from quartet.cells import cell
from quartet.hub_reader import Found, read_hub
from quartet.listing import Listing
from shared.events import Envelope, EventData, OrderCreated, Unreadable, format_time, read_envelope
from shared.runtime.ports import Message
from shared.runtime.settings import Settings

# Fields of an event's data that say in a word what it is about.
_TELLING = ("reason", "compensation", "tracking_number", "detail")


@dataclass(frozen=True, slots=True)
class Said:
    """One event of a saga.

    Attributes:
        number: its place in the story, from 1.
        at: when the hub took it in.
        milliseconds: since the first event of the saga.
        cause: the number of the event that it answers; None if it answers none, or one that is not there any more.
        repeats: the number of the event that had the same id before; None if it was said for the first time.
        remark: what it says in a word, or why it cannot be read.
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


async def read_timeline(order_id: str, settings: Settings) -> list[Said]:
    """The events of an order that the hub still holds; empty if there are none.

    Raises:
        ConfigurationError: the settings cannot be used, or the hub does not exist.
        OutageError: the hub does not answer.
    """
    needle = order_id.encode()

    def wanted(message: Message) -> bool:
        # Looking for the text first spares the parsing of nearly all that is not wanted. In binary mode the order's
        # id is in the data too.
        return needle in message.body and _subject(message) == order_id

    return tell(await read_hub(settings, wanted))


def tell(found: Sequence[Found]) -> list[Said]:
    """The story that readable messages of one saga tell, in the order given."""
    story: list[Said] = []
    first_saying: dict[str, int] = {}
    for one in found:
        envelope = _envelope(one.message)
        if isinstance(envelope, Unreadable):
            continue
        number = len(story) + 1
        story.append(
            Said(
                number=number,
                at=one.enqueued,
                milliseconds=round((one.enqueued - found[0].enqueued).total_seconds() * 1000),
                type=envelope.type,
                source=envelope.source,
                event_id=envelope.id,
                causation_id=envelope.causation_id,
                cause=first_saying.get(envelope.causation_id or ""),
                repeats=first_saying.get(envelope.id),
                remark=_remark(envelope),
                partition=one.partition,
                sequence_number=one.message.sequence_number,
            )
        )
        first_saying.setdefault(envelope.id, number)
    return story


def timeline_listing(story: Sequence[Said], title: str) -> Listing:
    """The story for people."""
    listing = Listing("#", "+ms", "event", "said by", "because of", "remark", title=title)
    by_number = {said.number: said for said in story}
    for said in story:
        remark = f"said before, see {said.repeats}" if said.repeats else said.remark
        listing.add(
            str(said.number),
            str(said.milliseconds),
            cell(said.type, style=_style(said)),
            said.source,
            _because(said, by_number),
            cell(remark, style="dim"),
        )
    return listing


def timeline_json(story: Sequence[Said]) -> list[dict[str, Any]]:
    """The story for programs."""
    return [
        {
            "number": said.number,
            "at": format_time(said.at),
            "milliseconds": said.milliseconds,
            "type": said.type,
            "source": said.source,
            "id": said.event_id,
            "causation_id": said.causation_id,
            "cause": said.cause,
            "repeats": said.repeats,
            "remark": said.remark,
            "partition": said.partition,
            "sequence_number": said.sequence_number,
        }
        for said in story
    ]


def _envelope(message: Message) -> Envelope | Unreadable:
    return read_envelope(message.body, message.content_type, message.properties, message.body_form)


def _subject(message: Message) -> str | None:
    envelope = _envelope(message)
    return None if isinstance(envelope, Unreadable) else envelope.subject


def _remark(envelope: Envelope) -> str:
    event = envelope.read()
    if isinstance(event, Unreadable):
        return f"cannot be read: {event.detail}"
    return _words(event.data)


def _words(data: EventData) -> str:
    """What happened in a few words: why, what, how much."""
    content = data.to_json()
    words = [str(content[name]) for name in _TELLING if content.get(name)]
    if isinstance(data, OrderCreated):
        words += [_pieces(content["items"]), f"{data.total} {data.currency}"]
    else:
        words += [f"{content[name]} {content['currency']}" for name in ("total", "amount") if name in content]
    return "  ".join(words)


def _pieces(items: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{item['quantity']} x {item['product_id']}" for item in items)


def _because(said: Said, by_number: Mapping[int, Said]) -> str:
    if said.causation_id is None:
        return ""
    if said.cause is None:
        return said.causation_id
    return f"{said.cause} {by_number[said.cause].type}"


def _style(said: Said) -> str:
    name = said.type.partition(".")[0]
    if said.repeats:
        return "dim"
    if name == "OrderCompleted":
        return "bold green"
    if name == "OrderCancelled":
        return "bold yellow"
    return "red" if name.endswith(("Failed", "Rejected")) else ""
