"""The spans of a past saga, from its events in the hubs: with the ids and parents that its services gave them.

The hubs know who said what, because of what, and when it came in. So of every answer there are two spans: its sender
processed the cause, and created the answer. What left no event there (a handler, a call of a port, a participant that
had nothing to say) cannot be made again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from quartet.cli.reading.hub_reader import Found
from quartet.cli.timeline.timeline import Said
from quartet.engine.declaration.hubs import Hubs
from quartet.engine.telemetry.naming import (
    create_attributes,
    create_name,
    parent_of_process,
    process_attributes,
    process_id,
    process_name,
    trace_of,
)
from quartet.engine.telemetry.span import Span, SpanId, Value
from quartet.events import Envelope, Event, read_envelope, service_source, to_json
from quartet.events.envelope import Models

REBUILT: Final = "quartet.rebuilt"
"""The attribute that marks a span that was not made when the work was done."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MARK: Final[Mapping[str, Value]] = {REBUILT: True}


@dataclass(frozen=True, slots=True)
class Placed:
    """An event of the saga, and where and when the hub took it in.

    Attributes:
        at: nanoseconds since 1970.
        destination: the name of the hub.
        cause: the event that it answers, if the hubs still have that.
    """

    event: Event[Any]
    at: int
    destination: str
    partition: str
    cause: "Placed | None" = None


def placed(found: Sequence[Found], story: Sequence[Said], hubs: Hubs, models: Models) -> list[Placed]:
    """The events of a saga that count: readable, allowed, and said for the first time. `story`: that of `found`."""
    names = {hubs.label(hub): hub.name for hub in hubs.all}
    events: dict[int, Placed] = {}
    for one, said in zip(found, story, strict=True):
        message = one.message
        envelope = read_envelope(message.body, message.content_type, message.properties, message.body_form)
        event = envelope.read(models) if isinstance(envelope, Envelope) else envelope
        if not said.is_read or said.repeats is not None or not isinstance(event, Event):
            continue
        at = (one.enqueued - _EPOCH) // timedelta(microseconds=1) * 1000
        cause = events.get(said.cause) if said.cause is not None else None
        events[said.number] = Placed(event, at, names[message.hub], one.partition, cause)
    return list(events.values())


def rebuild(events: Iterable[Placed], participants: Iterable[str]) -> dict[str, list[Span]]:
    """The spans of each participant that has said something."""
    names = {service_source(name): name for name in participants}
    spans: dict[str, dict[str, Span]] = {}
    for answer in events:
        name = names.get(answer.event.source)
        if name is None:
            continue  # its publisher is no participant: if it traces, it has sent its span itself
        own = spans.setdefault(name, {})
        parent = None
        if answer.cause is not None:
            processed = _processed(answer.cause, name, until=answer.at)
            parent = processed.id
            # Of several answers to one event, the last one ends the work.
            own.setdefault(parent.span, processed)
            own[parent.span] = replace(own[parent.span], end=max(own[parent.span].end, answer.at))
        created = _created(answer, name, parent)
        own[created.id.span] = created
    return {name: list(own.values()) for name, own in spans.items()}


def _processed(cause: Placed, participant: str, until: int) -> Span:
    trace = trace_of(cause.event)
    return Span(
        name=process_name(cause.event.type),
        kind="consumer",
        id=SpanId(trace.creates.trace, process_id(participant, cause.event.source, cause.event.id)),
        parent=parent_of_process(trace),
        start=cause.at,
        end=max(cause.at, until),
        attributes={
            **process_attributes(
                cause.event, participant=participant, destination=cause.destination, partition=cause.partition
            ),
            **_MARK,
        },
    )


def _created(answer: Placed, participant: str, parent: SpanId | None) -> Span:
    attributes = create_attributes(
        to_json(answer.event), participant=participant, destination=answer.destination, partition=answer.partition
    )
    return Span(
        name=create_name(answer.event.type),
        kind="producer",
        id=replace(trace_of(answer.event).creates, remote=False),
        parent=parent,
        start=answer.at,
        end=answer.at,
        attributes={**attributes, **_MARK},
    )
