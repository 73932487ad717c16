"""The spans of a batch, received or sent: in a trace of their own, since its events belong to many sagas."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from quartet.engine.telemetry.naming import PARTICIPANT
from quartet.engine.telemetry.saga_spans import Place, new_span_id
from quartet.engine.telemetry.span import Span, SpanId, Value


def new_trace() -> SpanId:
    """The first span of a trace that belongs to no saga."""
    return SpanId(secrets.token_hex(16), new_span_id())


def below(parent: SpanId | None) -> SpanId:
    """A span below this one; without one, in a new trace."""
    return new_trace() if parent is None else replace(parent, span=new_span_id())


def batch_span(
    operation: Literal["receive", "send"],
    place: Place,
    *,
    own: SpanId,
    parent: SpanId | None,
    messages: int,
    start: int,
    end: int,
    links: Sequence[SpanId],
) -> Span:
    """The span of a batch. Kind: client, because each event has a span of its own that created it.

    Args:
        operation: what was done with it.
        place: the participant, and where it has done it.
        own: the place of the span.
        parent: of the span in which a batch was sent, the span of the batch that it answers.
        messages: how many.
        start: as in `Span`.
        end: as in `Span`.
        links: the spans that created the messages.
    """
    hub = place.said if operation == "send" else place.heard
    attributes: dict[str, Value] = {
        "messaging.system": "eventhubs",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.destination.name": hub,
        "messaging.destination.partition.id": place.partition,
        "messaging.batch.message_count": messages,
        PARTICIPANT: place.participant,
    }
    if operation == "receive":
        attributes["messaging.consumer.group.name"] = place.participant
    return Span(f"{operation} {hub}", "client", own, parent, start, end, attributes, tuple(links))
