"""What an engine reports where not all goes well, with the SDK and everything else in memory."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
import structlog
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, SynchronousMultiSpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, ParentBasedTraceIdRatio, Sampler

from quartet.engine.errors import TransientError
from quartet.engine.ports import Message
from quartet.engine.saga_update import Step
from quartet.engine.telemetry.naming import process_id
from quartet.engine.telemetry.span import SpanId
from quartet.events import first_traceparent
from quartet.process.telemetry.observer import EngineObserver
from quartet.process.telemetry.reporting import Reporting
from quartet.process.telemetry.sdk import Telemetry
from tests.runtime.fakes import DESK_SERVICE, INVENTORY, NOON, Bench, Desk, messages, reserved
from tests.runtime.test_conflicts import Contested
from tests.runtime.whole import PARTITION, Told


class Collected:
    """Telemetry that keeps what would be exported."""

    def __init__(self, sampler: Sampler | None = None) -> None:
        self.exporter, self.reader = InMemorySpanExporter(), InMemoryMetricReader()
        queue = SynchronousMultiSpanProcessor()  # type: ignore[no-untyped-call]  # the SDK's has no types
        queue.add_span_processor(SimpleSpanProcessor(self.exporter))
        tracers = TracerProvider(sampler, active_span_processor=queue, shutdown_on_exit=False)
        self.telemetry = Telemetry(tracers, MeterProvider([self.reader], shutdown_on_exit=False), queue)

    def observer(self, ports: object) -> EngineObserver:
        return Reporting(self.telemetry).observer(DESK_SERVICE, ports, heard="saga-events", said="saga-events")

    def spans(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.exporter.get_finished_spans() if span.name == name]

    def total(self, name: str, **attributes: str) -> float:
        data = self.reader.get_metrics_data()
        found = 0.0
        for metric in data.resource_metrics[0].scope_metrics[0].metrics if data is not None else ():
            for point in metric.data.data_points if metric.name == name else ():
                if {key.replace("__", "."): value for key, value in attributes.items()}.items() <= dict(
                    point.attributes or {}
                ).items():
                    found += getattr(point, "value", 0)
        return found


def hexadecimal(span: ReadableSpan) -> str:
    assert span.context is not None
    return f"{span.context.span_id:016x}"


def parent(span: ReadableSpan) -> str:
    return f"{span.parent.span_id:016x}" if span.parent is not None else ""


@pytest.fixture
def collected() -> Iterator[Collected]:
    yield Collected()
    assert not trace.get_current_span().get_span_context().is_valid
    assert structlog.contextvars.get_contextvars() == {}


async def test_a_run_that_loses_has_a_span_and_the_winner_has_the_derived_id(collected: Collected) -> None:
    bench = Bench(records=Contested(2))
    engine = bench.engine(observer=collected.observer(bench.desk))
    await engine.process(PARTITION, messages(reserved("o-1")))
    spans = collected.spans("process InventoryReserved.v1")
    outcomes = [(span.attributes or {})["quartet.outcome"] for span in spans]
    assert outcomes == ["conflict", "conflict", "decided"]
    assert len({hexadecimal(span) for span in spans}) == 3
    assert hexadecimal(spans[-1]) == process_id("desk", INVENTORY, "reserved-o-1")
    handlers = {parent(span) for span in collected.spans("handle count_parcel")}
    assert handlers == {hexadecimal(span) for span in spans}
    assert collected.total("quartet.conflicts") == 2


async def test_an_event_whose_retries_are_used_up_is_an_error_and_its_redrive_has_another_span(
    collected: Collected,
) -> None:
    bench = Bench(desk=Desk(failures=[TransientError("no answer")] * 3))
    observer = collected.observer(bench.desk)
    [message] = messages(reserved("o-1"))
    await bench.engine(observer=observer).process(PARTITION, [message])
    became = await bench.engine(observer=observer, look_first=True).redeliver(PARTITION, message)
    assert isinstance(became, Step)
    failed, decided = collected.spans("process InventoryReserved.v1")
    assert not failed.status.is_ok
    assert (failed.attributes or {})["error.type"] == "retries_used_up"
    assert decided.status.is_unset
    assert hexadecimal(decided) == process_id("desk", INVENTORY, "reserved-o-1") != hexadecimal(failed)
    assert [span.status.is_unset for span in collected.spans("Desk.work")] == [False, False, False, True]
    assert collected.total("quartet.dead_letters", quartet__reason="retries_used_up") == 1
    assert collected.total("quartet.events.processed", quartet__outcome="dead_letter") == 1


@dataclass(slots=True)
class TracingDesk(Desk):
    """A port with an HTTP client that makes spans: it sees the current one."""

    seen: list[str] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)

    async def work(self, order_id: str) -> None:
        await asyncio.sleep(0)
        context = trace.get_current_span().get_span_context()
        self.seen.append(f"{context.trace_id:032x} {context.span_id:016x}")
        self.lines.append(dict(structlog.contextvars.get_contextvars()))
        await Desk.work(self, order_id)


async def test_the_call_of_a_port_is_the_current_span_for_its_code_and_for_its_log(collected: Collected) -> None:
    desk = TracingDesk()
    bench = Bench(desk=desk)
    events = [reserved("o-1"), reserved("o-2"), reserved("o-1", "again")]
    await bench.engine(observer=collected.observer(desk)).process(PARTITION, messages(*events))
    calls = collected.spans("TracingDesk.work")
    assert sorted(desk.seen) == sorted(
        f"{span.context.trace_id:032x} {hexadecimal(span)}" for span in calls if span.context
    )
    assert len(set(desk.seen)) == 3
    handlers = {hexadecimal(span) for span in collected.spans("handle count_parcel")}
    assert {line["span_id"] for line in desk.lines} == handlers == {parent(span) for span in calls}
    assert {line["trace_id"] for line in desk.lines} == {seen.split()[0] for seen in desk.seen}


SAGAS = [f"sampled-{number}" for number in range(300)]


def sampled(make: Callable[[], Sampler]) -> set[str]:
    telemetry = Collected(make()).telemetry
    places = {saga: first_traceparent(saga, "e").split("-")[1] for saga in SAGAS}
    return {saga for saga, place in places.items() if telemetry.samples(SpanId(place, "ab" * 8))}


def test_every_service_samples_the_same_sagas_and_as_many_as_were_asked_for() -> None:
    """The flag of a derived context is always set: it must not decide, or a ratio would have no effect."""
    first, second = (sampled(lambda: ParentBasedTraceIdRatio(0.3)) for _ in range(2))
    assert first == second
    assert 60 < len(first) < 120
    assert sampled(lambda: ParentBased(ALWAYS_OFF)) == set()


async def test_with_sampling_off_there_are_metrics_and_ids_in_the_log_but_no_spans() -> None:
    collected, told, bench = Collected(ALWAYS_OFF), Told(), Bench()
    engine = bench.engine(observer=collected.observer(bench.desk), log=told.log)
    await engine.process(PARTITION, messages(reserved("o-1")))
    assert collected.exporter.get_finished_spans() == ()
    assert collected.total("quartet.events.processed") == 1
    [(_, _, fields)] = told.lines
    assert fields["trace_id"] == first_traceparent("o-1", "reserved-o-1").split("-")[1]


async def test_without_an_observer_no_step_has_a_run_and_no_line_has_an_id() -> None:
    told, bench = Told(), Bench()
    batch = await bench.engine(log=told.log).process(PARTITION, messages(reserved("o-1")))
    [step] = batch.became
    assert isinstance(step, Step)
    assert step.handling is None
    assert not {"trace_id", "span_id"} & set(told.lines[0][2])


@dataclass(slots=True)
class SlowDesk(Desk):
    """Answers when it may."""

    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    async def work(self, order_id: str) -> None:
        await self.may_answer.wait()
        await Desk.work(self, order_id)


async def test_the_age_is_that_of_the_oldest_event_that_is_not_handled() -> None:
    desk = SlowDesk()
    engine = Bench(desk=desk).engine(now=lambda: NOON + timedelta(seconds=30))
    old, young = messages(reserved("o-1"), reserved("o-2"))
    working = asyncio.create_task(engine.process(PARTITION, [taken(old, 10), taken(young, 20)]))
    elsewhere = asyncio.create_task(engine.process("4", [replace(taken(young, 25), hub="inbound")]))
    await asyncio.sleep(0)  # each has begun, and waits for the desk
    assert engine.ages() == {PARTITION: 20.0, "inbound/4": 5.0}
    desk.may_answer.set()
    await asyncio.gather(working, elsewhere)
    assert engine.ages() == {}


def taken(message: Message, seconds: int) -> Message:
    """The message, as the hub has taken it in then."""
    return replace(message, enqueued_at=NOON + timedelta(seconds=seconds))
