"""The outside of a CloudEvent 1.0, and the data inside.

Reading has two stages. Most events of a partition are not for the service that receives them, so the first stage only
opens the envelope (`reading`); the data is validated by the second one, on demand. Neither stage raises:
a message that cannot be read is a value, `Unreadable`, with its reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from pydantic import ValidationError

from quartet.events.attributes import optional, required, saga_id_of
from quartet.events.base import EventData
from quartet.events.event import Event
from quartet.events.media_type import declares_json
from quartet.events.problems import explain
from quartet.events.rfc3339 import parse_time
from quartet.events.text import quoted
from quartet.events.trace import valid_traceparent

Models: TypeAlias = Mapping[str, type[EventData]]
"""The model of each type of event: a `Registry`, or a part of one."""

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

    `subject` is the saga id and has its form. `time` is as it was received. `data` is a JSON value, or says why it
    is none: an event whose data is broken still belongs to its saga.
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

    def read(self, models: Models) -> Event[EventData] | Unreadable:
        """Read the data too, by the model that there is for the type."""
        model = models.get(self.type)
        if model is None:
            return Unreadable("unknown_type", f"type: {quoted(self.type)} is not an event of this application")
        try:
            time = parse_time(self.time)
        except ValueError as error:
            return Unreadable("invalid_envelope", f"time: {error}")
        data = _validated(model, self.data)
        if isinstance(data, Unreadable):
            return data
        if data.saga_id != self.subject:
            return Unreadable("invalid_envelope", f"subject: must be the saga id, {data.saga_id}")
        return Event(
            id=self.id,
            source=self.source,
            type=self.type,
            saga_id=self.subject,
            time=time,
            correlation_id=self.correlation_id,
            causation_id=self.causation_id,
            traceparent=self.traceparent,
            data=data,
        )


def _validated(model: type[EventData], data: object) -> EventData | Unreadable:
    if isinstance(data, Unreadable):
        return data
    if not isinstance(data, dict):
        return Unreadable("invalid_data", "data: must be a JSON object")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        return Unreadable("invalid_data", explain(error))


def open_attributes(attributes: Mapping[str, object], data: object) -> Envelope | Unreadable:
    """Open an event whose attributes and data have been found."""
    try:
        _check_version(attributes.get("specversion"))
        _check_content_type(attributes.get("datacontenttype"))
        subject = saga_id_of(attributes)
        return Envelope(
            id=required(attributes, "id"),
            source=required(attributes, "source"),
            type=required(attributes, "type"),
            subject=subject,
            time=required(attributes, "time"),
            correlation_id=optional(attributes, "correlationid") or subject,
            causation_id=optional(attributes, "causationid"),
            traceparent=valid_traceparent(attributes.get("traceparent")),
            data=data,
        )
    except ValueError as error:
        return Unreadable("invalid_envelope", str(error))


def _check_version(value: object) -> None:
    if value is None:
        raise ValueError('specversion: is missing, must be "1.0"')
    if value != "1.0":
        raise ValueError('specversion: must be "1.0"')


def _check_content_type(value: object) -> None:
    if value is None or value == "application/json":
        return
    if not (isinstance(value, str) and declares_json(value)):
        raise ValueError("datacontenttype: must be application/json")
