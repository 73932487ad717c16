"""Writing events: CloudEvents 1.0 in structured JSON mode, and reading recorded ones."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json as to_bytes

from quartet.events.base import EventData
from quartet.events.envelope import Models, Unreadable
from quartet.events.event import Event
from quartet.events.reading import open_envelope
from quartet.events.rfc3339 import format_time


def to_json(event: Event[EventData]) -> dict[str, object]:
    """The structured CloudEvent as JSON values, to record, encode and send."""
    attributes: dict[str, object] = {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.saga_id,
        "time": format_time(event.time),
        "datacontenttype": "application/json",
        "correlationid": event.correlation_id,
    }
    if event.causation_id is not None:
        attributes["causationid"] = event.causation_id
    if event.traceparent is not None:
        attributes["traceparent"] = event.traceparent
    attributes["data"] = (event.original or event.data).to_json()  # of the version that `type` names
    return attributes


def encode(event_json: Mapping[str, Any]) -> bytes:
    """The body of the message."""
    return to_bytes(event_json)


def from_json(event_json: Mapping[str, Any], models: Models) -> Event[EventData]:
    """Read back an event that was recorded as JSON values.

    Raises:
        ValueError: If it cannot be read, which an event that was written by `to_json` can.
    """
    envelope = open_envelope(event_json)
    event = envelope if isinstance(envelope, Unreadable) else envelope.read(models)
    if isinstance(event, Unreadable):
        raise ValueError(f"not a recorded event: {event.reason}: {event.detail}")  # noqa: TRY004 - wrong content
    return event
