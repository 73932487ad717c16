"""An event: its data, its saga, its time, its source and its cause."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import uuid4

from quartet.events.base import EventData
from quartet.events.derivation import derived_id, event_key
from quartet.events.rfc3339 import in_utc
from quartet.events.trace import first_traceparent, next_traceparent

D = TypeVar("D", bound=EventData)
D_co = TypeVar("D_co", bound=EventData, covariant=True)


@dataclass(frozen=True, slots=True)
class Event(Generic[D_co]):
    """One event with its envelope.

    Attributes:
        id: Unique among the events of its source, the same for every repeat of it.
        source: The service or client that said it: `/services/hotel`.
        type: The type with its version, as it was said: `RoomBooked.v1`.
        saga_id: The saga that it belongs to; the CloudEvents subject.
        time: When it was said, in UTC.
        correlation_id: The same for all events of one saga: the saga id, unless its first event says
            otherwise.
        causation_id: The id of the event that it answers; None if it answers none.
        traceparent: W3C trace context, if there is one.
        data: What happened; where a participant handles a newer version only, in that version.
        original: What happened as it was said, if `data` was made from it by an upcast; else None.
    """

    id: str
    source: str
    type: str
    saga_id: str
    time: datetime
    correlation_id: str
    causation_id: str | None
    traceparent: str | None
    data: D_co
    original: EventData | None = None

    @property
    def key(self) -> str:
        """The identity of the event: equal for two events only if source and id are both equal."""
        return event_key(self.source, self.id)


def service_source(service: str) -> str:
    """The CloudEvents source of a service: `/services/hotel`."""
    return f"/services/{service}"


def new_event(
    data: D,
    *,
    source: str,
    time: datetime,
    id: str | None = None,  # noqa: A002 - the CloudEvents name
    traceparent: str | None = None,
) -> Event[D]:
    """An event that answers none, for a publisher: a request, a cancellation.

    Args:
        data: What happened.
        source: The source, a URI reference.
        time: When, with a time zone.
        id: Its id; without one, a random one. Keep it for a repeat.
        traceparent: The trace that it belongs to; without one, the saga's own.

    Raises:
        ValueError: If the time has no time zone.
    """
    event_id = id if id is not None else str(uuid4())
    return Event(
        id=event_id,
        source=source,
        type=data.type,
        saga_id=data.saga_id,
        time=in_utc(time),
        correlation_id=data.saga_id,
        causation_id=None,
        traceparent=traceparent or first_traceparent(data.saga_id, event_id),
        data=data,
    )


def answer(
    cause: Event[Any],
    data: D,
    *,
    source: str,
    time: datetime,
    discriminator: str = "",
) -> Event[D]:
    """The event that a service says because of another one.

    Its id depends on the source and the id of the cause, the type and the discriminator alone, not on the time:
    run again, the handler says the same event.

    Args:
        cause: The event that is answered.
        data: What happened.
        source: The source: `service_source("hotel")`.
        time: When, with a time zone.
        discriminator: Tells it apart from another answer of the same type to the same cause; added to the one
            that the data has.

    Raises:
        ValueError: If the data is about another saga than the cause, or the time has no time zone.
    """
    if data.saga_id != cause.saga_id:
        raise ValueError(f"the answer is about saga {data.saga_id}, its cause about {cause.saga_id}")
    event_id = derived_id(cause.source, cause.id, data.type, _joined(discriminator, data.discriminator))
    return Event(
        id=event_id,
        source=source,
        type=data.type,
        saga_id=data.saga_id,
        time=in_utc(time),
        correlation_id=cause.correlation_id,
        causation_id=cause.id,
        traceparent=next_traceparent(cause.traceparent, cause.saga_id, event_id),
        data=data,
    )


def _joined(given: str, own: str) -> str:
    return f"{given}\n{own}" if given else own
