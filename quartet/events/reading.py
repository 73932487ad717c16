"""Opening a message: in which form it carries a CloudEvent.

Structured mode (the whole event in the body) and binary mode (attributes in the application properties, data
in the body) are read as in the AMQP binding,
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/amqp-protocol-binding.md. Which forms are
read, and what is said about the others, is in docs/events.md.
"""

import binascii
from collections.abc import Mapping
from typing import Final, Literal

from quartet.events.binary_mode import binary_attributes, content_type_in
from quartet.events.envelope import Envelope, Unreadable, UnreadableReason, open_attributes
from quartet.events.json_text import read_json
from quartet.events.media_type import MediaType, media_type
from quartet.events.text import quoted

CONTENT_TYPE: Final = "application/cloudevents+json"
"""The content type of a structured event in JSON."""

_STRUCTURED: Final = "application/cloudevents"
_BATCH: Final = "application/cloudevents-batch"
_ONE_BY_ONE: Final = "send every event as a message of its own"

BodyForm = Literal["data", "value", "sequence"]
"""Which kind of AMQP body a message has: data sections, or one of the two that hold AMQP types instead of bytes."""


def read_envelope(
    body: bytes, content_type: str | None, properties: Mapping[str, object], body_form: BodyForm = "data"
) -> Envelope | Unreadable:
    """Open a message.

    Args:
        body: The message's body.
        content_type: Its content type, if it has one.
        properties: Its application properties; text may be bytes, and so may the names be.
        body_form: Which kind of AMQP body it is. Only data sections can be read.
    """
    if body_form != "data":
        return Unreadable("not_cloudevents", f"body: is an AMQP {body_form}, must be data: the event as JSON in UTF-8")
    if content_type == CONTENT_TYPE:
        return _read_structured(body, None)
    declared = content_type or content_type_in(properties)
    kind = media_type(declared) if declared else None
    if kind is not None and kind.essence.startswith(_STRUCTURED):
        return _read_structured(body, kind)
    attributes = binary_attributes(properties)
    if "specversion" in attributes:
        attributes.setdefault("datacontenttype", declared)
        return _read_binary(attributes, body)
    return _read_undeclared(body, kind, attributes)


def open_envelope(event_json: Mapping[str, object]) -> Envelope | Unreadable:
    """Open a structured CloudEvent that is JSON values already, such as a recorded one."""
    return open_attributes(event_json, _data_in(event_json))


def _read_structured(body: bytes, kind: MediaType | None) -> Envelope | Unreadable:
    if kind is not None and kind.essence.startswith(_BATCH):
        return Unreadable("not_cloudevents", f"content type {_BATCH}: batch mode is not read, {_ONE_BY_ONE}")
    if kind is not None and kind.essence not in {CONTENT_TYPE, _STRUCTURED}:
        return Unreadable("not_json", f"content type {quoted(kind.essence)}: must be {CONTENT_TYPE}")
    try:
        content = read_json(body, kind)
    except ValueError as error:
        return Unreadable("not_json", f"body: {error}")
    if isinstance(content, dict):
        return open_envelope(content)
    return Unreadable("not_cloudevents", _what_it_is_instead(content))


def _read_binary(attributes: Mapping[str, object], body: bytes) -> Envelope | Unreadable:
    """The attributes say whose event it is, also where its data cannot be read."""
    return open_attributes(attributes, _read_data(body, attributes.get("datacontenttype"), "not_json", "body"))


def _read_undeclared(body: bytes, kind: MediaType | None, attributes: Mapping[str, object]) -> Envelope | Unreadable:
    """A structured event that does not call itself one, or no event."""
    try:
        content = read_json(body, kind)
    except ValueError as error:
        return Unreadable("not_json", f"body: {error}")
    if isinstance(content, dict) and "specversion" in content:
        return open_envelope(content)
    if attributes:
        return open_attributes(attributes, content)
    return Unreadable("not_cloudevents", _what_it_is_instead(content))


def _data_in(event_json: Mapping[str, object]) -> object:
    encoded = event_json.get("data_base64")
    if encoded is None:
        return event_json.get("data")
    if event_json.get("data") is not None:
        return Unreadable("invalid_data", "data_base64: must not stand beside data")
    try:
        if not isinstance(encoded, str):
            raise ValueError("not a string")  # noqa: TRY004, TRY301 - both are answered alike
        body = binascii.a2b_base64(encoded.encode("ascii"), strict_mode=True)
    except ValueError as error:
        return Unreadable("invalid_data", f"data_base64: must be base64 as in RFC 4648, with padding ({error})")
    return _read_data(body, event_json.get("datacontenttype"), "invalid_data", "data_base64")


def _read_data(body: bytes, content_type: object, reason: UnreadableReason, name: str) -> object:
    kind = media_type(content_type) if isinstance(content_type, str) else None
    try:
        return read_json(body, kind)
    except ValueError as error:
        return Unreadable(reason, f"{name}: {error}")


def _what_it_is_instead(content: object) -> str:
    if isinstance(content, list):
        return f"a JSON list: {_ONE_BY_ONE}"
    if not isinstance(content, dict):
        return "not a JSON object"
    wrap = "put it into `data` of a CloudEvent: specversion, id, source, type, subject (the saga id), time"
    return f"a JSON object without specversion, not a CloudEvent: {wrap}"
