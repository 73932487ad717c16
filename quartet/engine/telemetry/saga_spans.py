"""The spans of one step: what a participant has done about one event."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from quartet.engine.saga_update import COMPENSATION_FAILED, Step
from quartet.engine.telemetry.naming import (
    OUTCOME,
    SAGA,
    EventTrace,
    create_attributes,
    create_name,
    parent_of_process,
    process_attributes,
    process_id,
    process_name,
    trace_of_answer,
)
from quartet.engine.telemetry.span import Span, SpanId, Value

_UNDECIDED: Final = frozenset({"repeated", "discarded", "ignored"})


@dataclass(slots=True)
class PortCall:
    """A call of a port. `name`: `Gateway.charge`; `error`: the type of what it raised."""

    name: str
    span: str
    start: int
    end: int = 0
    error: str | None = None


@dataclass(slots=True)
class Run:
    """The run of a handler about one event, with all its attempts."""

    handler: str
    span: str
    start: int
    end: int = 0
    calls: list[PortCall] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Commit:
    """A write of a saga's record, in one request with others.

    Attributes:
        charge: request units, of this record alone.
        records: how many were written in the request.
    """

    container: str
    start: int
    end: int
    charge: float
    records: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a participant hears an event and answers it.

    Attributes:
        heard, said: the names of the hubs; empty if the participant is called, and there is no hub.
    """

    participant: str
    heard: str
    said: str
    partition: str


@dataclass(frozen=True, slots=True)
class Story:
    """What is known of a step besides itself.

    Attributes:
        trace: the place of its event.
        run: of its handler; None if none ran.
        publishing: when the answers began to be published.
        end: when all was done.
        receive: the span of the batch that brought the event.
    """

    place: Place
    trace: EventTrace
    run: Run | None
    commits: Sequence[Commit]
    publishing: int
    end: int
    receive: SpanId | None = None


def new_span_id() -> str:
    """A random id of a span."""
    return secrets.token_hex(8)


def outcome_of(step: Step) -> str:
    """One word of few: decided, owed, repeated, ignored, discarded, dead_letter."""
    if step.letter is not None:
        return "owed" if step.letter.reason == COMPENSATION_FAILED and step.answers else "dead_letter"
    if step.outcome in _UNDECIDED and not step.decides:
        return step.outcome
    return "decided"


def process_of(step: Step, trace: EventTrace, participant: str) -> SpanId:
    """The place of the span in which a participant has processed an event."""
    event = step.delivery.event
    span = process_id(participant, event.source, event.id) if step.decides else new_span_id()
    return SpanId(trace.creates.trace, span, trace.creates.sampled)


def spans_of(step: Step, process: SpanId, story: Story, outcome: str) -> list[Span]:
    """The span of the process, and those below it."""
    return [
        _process(step, process, story, outcome),
        *([] if story.run is None else _of_run(story.run, process, step)),
        *(_commit(one, process, step) for one in story.commits),
        *(_create(said, process, story) for said in (step.said if outcome != "conflict" else ())),
    ]


def _process(step: Step, process: SpanId, story: Story, outcome: str) -> Span:
    event, place = step.delivery.event, story.place
    attributes = process_attributes(
        event, participant=place.participant, destination=place.heard, partition=place.partition
    )
    attributes[OUTCOME] = outcome
    if step.letter is not None:
        attributes["quartet.dead_letter.reason"] = step.letter.reason
    elif outcome == "decided":
        attributes["quartet.note"] = step.outcome
    return Span(
        name=process_name(event.type),
        kind="consumer" if place.heard else "internal",
        id=process,
        parent=parent_of_process(story.trace),
        start=story.run.start if story.run is not None else story.publishing,
        end=story.end,
        attributes=attributes,
        links=() if story.receive is None else (story.receive,),
        error=step.letter.reason if step.letter is not None else None,
    )


def _of_run(run: Run, process: SpanId, step: Step) -> list[Span]:
    own = replace(process, span=run.span)
    about: dict[str, Value] = {SAGA: step.delivery.event.saga_id}
    handle = Span(f"handle {run.handler}", "internal", own, process, run.start, run.end, about)
    calls = [
        Span(
            name=call.name,
            kind="client",
            id=replace(process, span=call.span),
            parent=own,
            start=call.start,
            end=call.end,
            attributes={"quartet.port": call.name, **about},
            error=call.error,
        )
        for call in run.calls
    ]
    return [handle, *calls]


def _commit(commit: Commit, process: SpanId, step: Step) -> Span:
    return Span(
        name=f"commit {commit.container}",
        kind="client",
        id=replace(process, span=new_span_id()),
        parent=process,
        start=commit.start,
        end=commit.end,
        attributes={
            "db.system.name": "azure.cosmosdb",
            "db.operation.name": "execute_batch",
            "db.collection.name": commit.container,
            "db.operation.batch.size": commit.records,
            "azure.cosmosdb.operation.request_charge": commit.charge,
            SAGA: step.delivery.event.saga_id,
        },
    )


def _create(said: dict[str, object], process: SpanId, story: Story) -> Span:
    place = story.place
    return Span(
        name=create_name(str(said["type"])),
        kind="producer" if place.said else "internal",
        id=replace(trace_of_answer(said).creates, remote=False),
        parent=process,
        start=story.publishing,
        end=story.end,
        attributes=create_attributes(
            said, participant=place.participant, destination=place.said, partition=place.partition
        ),
    )
