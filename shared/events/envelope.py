"""Reading CloudEvents 1.0, in two stages.

Most events of a partition are not for the service that receives them, so the first stage only opens the
envelope; the data is validated by the second one, for those who want it. Neither stage raises: a message
that cannot be read is a value, `Unreadable`, with its reason.

Structured mode (the whole event in the body) and binary mode (attributes in the application properties, data
in the body) are read as in the AMQP binding,
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/amqp-protocol-binding.md.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple

from pydantic import ValidationError
from pydantic_core import from_json

from shared.events.base import EventData
from shared.events.data import OrderCreated
from shared.events.event import Event
from shared.events.fields import ORDER_ID_PATTERN
from shared.events.problems import explain
from shared.events.registry import REGISTRY
from shared.events.rfc3339 import parse_time
from shared.events.trace import valid_traceparent

_STRUCTURED: Final = "application/cloudevents"
_PREFIXES: Final = ("cloudEvents:", "cloudEvents_")
_LONGEST_ATTRIBUTE: Final = 256
_ORDER_ID = re.compile(ORDER_ID_PATTERN.rstrip("$") + r"\Z")
_JSON_TYPE = re.compile(r"application/(json|[^;\s]+\+json)\s*(;|$)", re.IGNORECASE)

UnreadableReason = Literal["not_json", "not_cloudevents", "invalid_envelope", "unknown_type", "invalid_data"]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message that cannot be read.

    Attributes:
        reason: A stable code. `not_json`: the body is not JSON; `not_cloudevents`: there is no envelope;
            `invalid_envelope`: an attribute is missing or wrong; `unknown_type`: no such event, or not this
            version of it; `invalid_data`: the data does not keep the contract.
        detail: One line that names the field.
    """

    reason: UnreadableReason
    detail: str


class Envelope(NamedTuple):
    """The outside of an event: enough to know whose it is, with the data still unread.

    `subject` is the order id and has its form. `time` and `data` are as they were received.
    """

    id: str
    source: str
    type: str
    subject: str
    time: str
    correlation_id: str
    causation_id: str | None
    traceparent: str | None
    data: object

    def read(self) -> Event[EventData] | Unreadable:
        """Read the data too, by the model that the registry has for the type."""
        model = REGISTRY.get(self.type)
        if model is None:
            return Unreadable("unknown_type", f"type: {self.type} is not an event of this saga")
        try:
            time = parse_time(self.time)
        except ValueError as error:
            return Unreadable("invalid_envelope", f"time: {error}")
        if not isinstance(self.data, dict):
            return Unreadable("invalid_data", "data: must be a JSON object")
        try:
            data = model.model_validate(self.data)
        except ValidationError as error:
            return Unreadable("invalid_data", explain(error))
        if data.order_id != self.subject:
            return Unreadable("invalid_envelope", f"subject: must be the order id, {data.order_id}")
        return Event(
            id=self.id,
            source=self.source,
            type=self.type,
            order_id=self.subject,
            time=time,
            correlation_id=self.correlation_id,
            causation_id=self.causation_id,
            traceparent=self.traceparent,
            data=data,
        )


def read_envelope(body: bytes, content_type: str | None, properties: Mapping[str, object]) -> Envelope | Unreadable:
    """Open a message.

    Args:
        body: The message's body.
        content_type: Its content type, if it has one.
        properties: Its application properties; text may be bytes, and so may the names be.
    """
    structured = content_type is not None and content_type.lower().startswith(_STRUCTURED)
    attributes = {} if structured or not properties else _binary_attributes(properties)
    try:
        content = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        return Unreadable("not_json", f"body: {error}")
    if "specversion" in attributes:
        attributes.setdefault("datacontenttype", content_type)
        return _open(attributes, content)
    if isinstance(content, dict) and (structured or "specversion" in content):
        return open_envelope(content)
    return Unreadable("not_cloudevents", _what_it_is_instead(content))


def open_envelope(event_json: Mapping[str, object]) -> Envelope | Unreadable:
    """Open a structured CloudEvent that is JSON values already, such as a recorded one."""
    return _open(event_json, event_json.get("data"))


def _binary_attributes(properties: Mapping[str, object]) -> dict[str, object]:
    attributes: dict[str, object] = {}
    for key, value in properties.items():
        name = _text(key)
        if isinstance(name, str) and name.startswith(_PREFIXES):
            attributes[name[len(_PREFIXES[0]) :]] = _text(value)
    if isinstance(milliseconds := attributes.get("time"), int):
        attributes["time"] = _from_amqp_timestamp(milliseconds)
    return attributes


def _text(value: object) -> object:
    """Text that came as bytes; bytes that are no text are left, for the reader of the attribute to refuse."""
    try:
        return value.decode() if isinstance(value, bytes) else value
    except UnicodeDecodeError:
        return value


def _from_amqp_timestamp(milliseconds: int) -> object:
    """An AMQP timestamp as RFC 3339; one that no calendar has is left, for the reader to refuse."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return milliseconds


def _open(attributes: Mapping[str, object], data: object) -> Envelope | Unreadable:
    try:
        _check_version(attributes.get("specversion"))
        _check_content_type(attributes.get("datacontenttype"))
        subject = _subject(attributes.get("subject"))
        return Envelope(
            id=_required(attributes, "id"),
            source=_required(attributes, "source"),
            type=_required(attributes, "type"),
            subject=subject,
            time=_required(attributes, "time"),
            correlation_id=_optional(attributes, "correlationid") or subject,
            causation_id=_optional(attributes, "causationid"),
            traceparent=valid_traceparent(attributes.get("traceparent")),
            data=data,
        )
    except ValueError as error:
        return Unreadable("invalid_envelope", str(error))


def _required(attributes: Mapping[str, object], name: str) -> str:
    value = _optional(attributes, name)
    if value is None:
        raise ValueError(f"{name}: is missing")
    return value


def _optional(attributes: Mapping[str, object], name: str) -> str | None:
    value = attributes.get(name)
    if value is None:
        return None
    # Control characters are forbidden by the specification; the bound keeps what we record of an event small.
    if isinstance(value, str) and 0 < len(value) <= _LONGEST_ATTRIBUTE and value.isprintable():
        return value
    raise ValueError(f"{name}: must be a string of 1 to {_LONGEST_ATTRIBUTE} printable characters")


def _subject(value: object) -> str:
    if value is None:
        raise ValueError("subject: is missing; it is the order id")
    if isinstance(value, str) and _ORDER_ID.match(value):
        return value
    raise ValueError("subject: must be the order id, 1 to 64 of A-Z, a-z, 0-9, _ and -")


def _check_version(value: object) -> None:
    if value != "1.0":
        raise ValueError('specversion: must be "1.0"')


def _check_content_type(value: object) -> None:
    if value is None or value == "application/json":
        return
    if not (isinstance(value, str) and _JSON_TYPE.match(value)):
        raise ValueError("datacontenttype: must be application/json")


def _what_it_is_instead(content: object) -> str:
    if isinstance(content, list):
        return "a JSON list: send every event as a message of its own"
    if not isinstance(content, dict):
        return "not a JSON object"
    wrap = "put it into `data` of a CloudEvent: specversion, id, source, type, subject (the order id), time"
    if "order_id" in content:
        kind = f"bare {OrderCreated.type} data" if "items" in content else "bare event data"
        return f"{kind} without an envelope: {wrap}"
    return "a JSON object without specversion: not a CloudEvent"
