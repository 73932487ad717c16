"""Binary content mode: the attributes of a CloudEvent in the application properties of a message.

The AMQP binding names them `cloudEvents:id` or `cloudEvents_id`. Event Hubs passes the headers of a Kafka client on
as application properties, so the Kafka binding's `ce_id` arrives as well; and a gateway that forwards HTTP headers
leaves `ce-id`. The other properties are not part of the event.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import unquote

_HTTP: Final = "ce-"
PREFIXES: Final = ("cloudEvents:", "cloudEvents_", "ce_", _HTTP)
"""How names of attributes begin, the most specific first. One message is read by one of them."""


def binary_attributes(properties: Mapping[str, object]) -> dict[str, object]:
    """The attributes in the properties; empty if there are none.

    Where several bindings left theirs, those of the first one that says a specversion count. Text may be bytes. The
    AMQP types of the binding (boolean, integer, timestamp) become the canonical string of CloudEvents; what is no
    text is left, for the reader of the attribute to refuse.
    """
    found: dict[str, dict[str, object]] = {}
    for key, value in properties.items():
        name = _text(key)
        prefix = _prefix_of(name)
        if prefix is not None and isinstance(name, str):
            attribute = name[len(prefix) :]
            found.setdefault(prefix, {})[attribute] = _canonical(attribute, _value(prefix, value))
    candidates = [found[prefix] for prefix in PREFIXES if prefix in found]
    return next((one for one in candidates if "specversion" in one), candidates[0] if candidates else {})


def content_type_in(properties: Mapping[str, object]) -> str | None:
    """The content type among the properties, where the Kafka and HTTP bindings have it."""
    for key, value in properties.items():
        name, text = _text(key), _text(value)
        if isinstance(name, str) and isinstance(text, str) and name.lower() == "content-type":
            return text
    return None


def _prefix_of(name: object) -> str | None:
    if not isinstance(name, str):
        return None
    return next((prefix for prefix in PREFIXES if name.startswith(prefix)), None)


def _text(value: object) -> object:
    try:
        return value.decode() if isinstance(value, bytes) else value
    except UnicodeDecodeError:
        return value


def _value(prefix: str, value: object) -> object:
    text = _text(value)
    if prefix != _HTTP or not isinstance(text, str):
        return text
    try:
        # The HTTP binding percent-encodes characters that a header cannot carry.
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text


def _canonical(attribute: str, value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, int):
        return value
    return _from_amqp_timestamp(value) if attribute == "time" else str(value)


def _from_amqp_timestamp(milliseconds: int) -> object:
    """An AMQP timestamp as RFC 3339; one that no calendar has is left, for the reader to refuse."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return milliseconds
