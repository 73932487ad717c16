"""Names, ids and attributes of spans: the same wherever the spans of a saga are made, also from a hub's log afterwards.

One trace per saga. Its id is in the `traceparent` of each event (`quartet.events.trace`):

    process A.v1 (hotel)              its id: `process_id`; its parent: `parent_of_process`
    ├── handle charge
    │   └── Gateway.charge            a call of a port
    ├── commit payments
    └── create B.v1                   its id is the one in the `traceparent` of B
        └── process B.v1 (flight)

See ADR 35.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from quartet.engine.telemetry.span import SpanId, Value
from quartet.events import Envelope, Event, event_key, first_traceparent, valid_traceparent

SAGA: Final = "quartet.saga_id"
PARTICIPANT: Final = "quartet.participant"
OUTCOME: Final = "quartet.outcome"
_SAMPLED: Final = 1


@dataclass(frozen=True, slots=True)
class EventTrace:
    """Where an event is in the trace of its saga.

    Attributes:
        creates: the span that created the event; the parent of what handles it, where it exists.
        is_known: whether a span of this id exists: a participant or a tracing publisher has made it. An event without
            a cause whose context was derived has none: its publisher does not trace.
    """

    creates: SpanId
    is_known: bool


def trace_of(event: Event[Any] | Envelope) -> EventTrace:
    """Where an event is in the trace of its saga."""
    saga_id = event.saga_id if isinstance(event, Event) else event.subject
    return _trace_of(event.traceparent, saga_id, event.id, caused=event.causation_id is not None)


def trace_of_answer(said: Mapping[str, Any], *, caused: bool = True) -> EventTrace:
    """Where an event is that was written as a structured CloudEvent."""
    return _trace_of(valid_traceparent(said.get("traceparent")), str(said["subject"]), str(said["id"]), caused=caused)


def _trace_of(traceparent: str | None, saga_id: str, event_id: str, *, caused: bool) -> EventTrace:
    derived = first_traceparent(saga_id, event_id)
    _version, trace, span, flags = (traceparent or derived).split("-")
    # In the trace of the saga the flag is a constant of the library. A sampler decides by the id of the trace.
    is_own = trace == derived[3:35]
    sampled = None if is_own else bool(int(flags, 16) & _SAMPLED)
    is_known = traceparent is not None and (caused or traceparent[:-3] != derived[:-3])
    return EventTrace(SpanId(trace, span, sampled, remote=True), is_known)


def parent_of_process(trace: EventTrace) -> SpanId | None:
    """The parent of the spans that process an event: the one that created it, if it exists."""
    return trace.creates if trace.is_known else None


def process_id(participant: str, source: str, event_id: str) -> str:
    """The id of the span in which a participant has decided about an event for the first time.

    Every further handling of the event (a repeat, a redrive) has a random id.
    """
    return _hex(f"process\n{participant}\n{event_key(source, event_id)}")


def process_name(event_type: str) -> str:
    """The name of the span in which a participant processes an event. Kind: consumer."""
    return f"process {event_type}"


def create_name(event_type: str) -> str:
    """The name of the span of an event that is said. Kind: producer."""
    return f"create {event_type}"


def event_attributes(
    *, saga_id: str, event_id: str, source: str, event_type: str, destination: str, partition: str
) -> dict[str, Value]:
    """The attributes of the spans that create and process an event. There is no personal data among them.

    `destination` is the name of the hub; empty if the event is in none, because an orchestrator calls its handlers.
    """
    hub: dict[str, Value] = {
        "messaging.system": "eventhubs",
        "messaging.destination.name": destination,
        "messaging.destination.partition.id": partition,
        "messaging.message.id": event_id,
        "messaging.message.conversation_id": saga_id,
    }
    return {
        **(hub if destination else {}),
        "cloudevents.event_id": event_id,
        "cloudevents.event_type": event_type,
        "cloudevents.event_source": source,
        SAGA: saga_id,
    }


def process_attributes(event: Event[Any], *, participant: str, destination: str, partition: str) -> dict[str, Value]:
    """The attributes of the span in which a participant processes an event, without its outcome."""
    group = {"messaging.consumer.group.name": participant} if destination else {}
    return {
        **event_attributes(
            saga_id=event.saga_id,
            event_id=event.id,
            source=event.source,
            event_type=event.type,
            destination=destination,
            partition=partition,
        ),
        **(_operation("process") if destination else {}),
        **group,
        PARTICIPANT: participant,
    }


def create_attributes(
    said: Mapping[str, Any], *, participant: str, destination: str, partition: str
) -> dict[str, Value]:
    """The attributes of the span of an event that a participant says, written as a structured CloudEvent."""
    return {
        **event_attributes(
            saga_id=str(said["subject"]),
            event_id=str(said["id"]),
            source=str(said["source"]),
            event_type=str(said["type"]),
            destination=destination,
            partition=partition,
        ),
        **(_operation("create") if destination else {}),
        PARTICIPANT: participant,
    }


def _operation(name: str) -> dict[str, Value]:
    return {"messaging.operation.name": name, "messaging.operation.type": name}


def _hex(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()
