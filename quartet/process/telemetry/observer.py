"""The observer of one engine: makes spans of what was done, and counts it."""

import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from quartet.engine.batch import Batch
from quartet.engine.declaration.participant import Participant
from quartet.engine.ports import DeadLetter
from quartet.engine.received import Delivery
from quartet.engine.saga_update import Step
from quartet.engine.telemetry.batch_spans import batch_span, below, new_trace
from quartet.engine.telemetry.naming import trace_of, trace_of_answer
from quartet.engine.telemetry.saga_spans import Commit, Place, Story, outcome_of, process_of, spans_of
from quartet.engine.telemetry.span import Span, SpanId
from quartet.process.telemetry.counting import Counting
from quartet.process.telemetry.handling import KnownPorts, OpenHandling
from quartet.process.telemetry.instruments import Instruments
from quartet.process.telemetry.sdk import Telemetry

# A commit that no step follows (an operator's) must not stay forever.
_MOST_COMMITS: Final = 4096


@dataclass(frozen=True, slots=True)
class _OpenBatch:
    span: SpanId
    start: int


_BATCH: Final[ContextVar[_OpenBatch | None]] = ContextVar("quartet_batch", default=None)


class EngineObserver:
    """See `Observer`. What it raises would be a bug of the runtime: it has no part in what the engine decides."""

    on = True

    def __init__(
        self,
        participant: Participant[Any, Any],
        ports: object,
        telemetry: Telemetry,
        instruments: Instruments,
        *,
        heard: str,
        said: str,
    ) -> None:
        """`heard`, `said`: the names of the hubs; empty if the participant is called by another one."""
        self._participant = participant
        self._ports = KnownPorts(ports)
        self._telemetry = telemetry
        self._counting = Counting(participant, instruments)
        self._heard = heard
        self._said = said
        self._commits: dict[str, list[Commit]] = {}

    def clock(self) -> int:
        """See `Observer.clock`."""
        return time.time_ns()

    def received(self, batch: Batch) -> None:
        """See `Observer.received`."""
        if self._heard:
            self._counting.batch("receive", len(batch.messages))

    def begins(self, batch: Batch) -> None:  # noqa: ARG002 -- the same arguments as of every observer
        """See `Observer.begins`."""
        if self._heard:
            _BATCH.set(_OpenBatch(new_trace(), time.time_ns()))

    def ends(self, batch: Batch) -> None:
        """See `Observer.ends`."""
        opened = _BATCH.get()
        if opened is None:
            return
        deliveries = [one for items in batch.received.sagas.values() for one in items if isinstance(one, Delivery)]
        traces = (trace_of(one.event) for one in deliveries)
        links = [trace.creates for trace in traces if self._telemetry.samples(trace.creates)]
        if links:
            span = batch_span(
                "receive",
                self._place(batch.partition, batch.messages[0].hub),
                own=opened.span,
                parent=None,
                messages=len(batch.messages),
                start=opened.start,
                end=time.time_ns(),
                links=links,
            )
            self._telemetry.emit([span])

    def handling(self, delivery: Delivery) -> OpenHandling:
        """See `Observer.handling`."""
        trace = trace_of(delivery.event)
        handler = self._participant.reaction_to(type(delivery.event.data)).handler
        name = getattr(handler, "__name__", type(handler).__name__)
        return OpenHandling(name, trace, self._ports, sampled=self._telemetry.samples(trace.creates))

    def wrote(self, container: str, charges: Mapping[str, float], began: int) -> None:
        """See `Observer.wrote`."""
        now = time.time_ns()
        self._counting.batch("commit", len(charges))
        for saga_id, charge in charges.items():
            self._commits.setdefault(saga_id, []).append(Commit(container, began, now, charge, len(charges)))
        while len(self._commits) > _MOST_COMMITS:
            del self._commits[next(iter(self._commits))]

    def lost(self, partition: str, steps: Sequence[Step]) -> None:
        """See `Observer.lost`."""
        self._counting.conflicts(len({step.delivery.event.saga_id for step in steps}))
        now, spans = time.time_ns(), list[Span]()
        for step in steps:
            handling = step.handling
            if isinstance(handling, OpenHandling) and handling.sampled:
                place = self._place(partition, step.delivery.message.hub)
                story = Story(place, handling.trace, handling.run, (), now, now)
                process = below(handling.trace.creates)
                spans += spans_of(step, process, story, "conflict")
        self._telemetry.emit(spans)

    def buried(self, letters: Sequence[DeadLetter]) -> None:
        """See `Observer.buried`."""
        self._counting.dead_letters(letters)

    def finished(
        self, partition: str, steps: Sequence[Step], began: int, *, sent: bool
    ) -> Sequence[Mapping[str, object]]:
        """See `Observer.finished`."""
        now, spans, marks = time.time_ns(), list[Span](), list[Mapping[str, object]]()
        commits = {step.delivery.event.saga_id: self._commits.get(step.delivery.event.saga_id, []) for step in steps}
        for saga_id in commits:
            self._commits.pop(saga_id, None)
        for step in steps:
            mark, made = self._finished(step, partition, commits[step.delivery.event.saga_id], began, now)
            marks.append(mark)
            spans += made
        if sent and self._said:
            answers = [said for step in steps for said in step.answers]
            self._counting.batch("send", len(answers))
            spans += self._sent(partition, answers, began, now)
        self._telemetry.emit(spans)
        return marks

    def _finished(
        self, step: Step, partition: str, commits: Sequence[Commit], began: int, now: int
    ) -> tuple[Mapping[str, object], list[Span]]:
        """The fields of the log line of a step, and its spans."""
        handling = step.handling if isinstance(step.handling, OpenHandling) else None
        trace = handling.trace if handling is not None else trace_of(step.delivery.event)
        outcome, process = outcome_of(step), process_of(step, trace, self._participant.name)
        run = handling.run if handling is not None else None
        self._counting.step(step, outcome, (now - (run.start if run is not None else began)) / 1e9, _age(step, now))
        mark = {"trace_id": process.trace, "span_id": process.span}
        if not (handling.sampled if handling is not None else self._telemetry.samples(trace.creates)):
            return mark, []
        opened = _BATCH.get()
        story = Story(
            place=self._place(partition, step.delivery.message.hub),
            trace=trace,
            run=run,
            commits=[one for one in commits if run is not None and one.start >= run.end],
            publishing=began,
            end=now,
            receive=None if opened is None else opened.span,
        )
        return mark, spans_of(step, process, story, outcome)

    def _sent(self, partition: str, answers: Sequence[dict[str, Any]], began: int, now: int) -> list[Span]:
        places = [trace_of_answer(said).creates for said in answers]
        links = [place for place in places if self._telemetry.samples(place)]
        if not links:
            return []
        opened = _BATCH.get()
        parent = None if opened is None else opened.span
        place = self._place(partition, "")
        span = batch_span(
            "send", place, own=below(parent), parent=parent, messages=len(answers), start=began, end=now, links=links
        )
        return [span]

    def _place(self, partition: str, hub: str) -> Place:
        """`hub` is as in `Message`."""
        return Place(self._participant.name, hub or self._heard, self._said, partition)


def _age(step: Step, now: int) -> float | None:
    """Seconds from the moment at which the hub took the event in."""
    taken: datetime | None = step.delivery.message.enqueued_at
    return None if taken is None else now / 1e9 - taken.timestamp()
