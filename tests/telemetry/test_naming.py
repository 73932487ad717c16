"""Which span is the parent of which, by the contexts of events alone."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from quartet.engine.telemetry.naming import parent_of_process, process_id, trace_of, trace_of_answer
from quartet.engine.telemetry.span import SpanId
from quartet.events import Event, answer, first_traceparent, new_event, to_json
from shared.events import OrderCancellationRequested, ShippingFailed

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FOREIGN = f"00-{'ab' * 16}-{'cd' * 8}"
OWN_TRACE = first_traceparent("o-1", "e-1").split("-")[1]


def asked(traceparent: str | None = None) -> Event[OrderCancellationRequested]:
    data = OrderCancellationRequested(order_id="o-1", reason="customer")
    return new_event(data, source="/shop", time=NOW, id="e-1", traceparent=traceparent)


def failed(cause: Event[OrderCancellationRequested]) -> Event[ShippingFailed]:
    return answer(cause, ShippingFailed(order_id="o-1", reason="cancelled"), source="/services/shipping", time=NOW)


@pytest.mark.parametrize("event", [asked(), replace(asked(), traceparent=None)])
def test_an_event_whose_publisher_does_not_trace_has_no_span(event: Event[OrderCancellationRequested]) -> None:
    trace = trace_of(event)
    assert (trace.creates.trace, trace.creates.sampled) == (OWN_TRACE, None)
    assert parent_of_process(trace) is None


@pytest.mark.parametrize(("flags", "sampled"), [("00", False), ("01", True), ("03", True), ("02", False)])
def test_the_context_of_a_tracing_publisher_is_the_parent_with_its_flag(flags: str, sampled: bool) -> None:
    parent = SpanId("ab" * 16, "cd" * 8, sampled, remote=True)
    assert parent_of_process(trace_of(asked(f"{FOREIGN}-{flags}"))) == parent


def test_a_publisher_that_makes_a_span_in_the_trace_of_the_saga_is_the_parent_too() -> None:
    """Its flag does not count: all in that trace is sampled by the id."""
    trace = trace_of(asked(f"00-{OWN_TRACE}-{'cd' * 8}-00"))
    assert parent_of_process(trace) == SpanId(OWN_TRACE, "cd" * 8, None, remote=True)


@pytest.mark.parametrize("cause", [asked(), replace(asked(), traceparent=None), asked(f"{FOREIGN}-01")])
def test_the_span_of_an_answer_has_the_id_in_its_context_and_is_the_parent(
    cause: Event[OrderCancellationRequested],
) -> None:
    said = failed(cause)
    assert said.traceparent is not None
    trace = trace_of(said)
    assert parent_of_process(trace) == trace.creates == trace_of_answer(to_json(said)).creates
    assert [trace.creates.trace, trace.creates.span] == said.traceparent.split("-")[1:3]
    assert trace.creates.trace == trace_of(cause).creates.trace


def test_the_id_of_a_process_depends_on_the_participant_and_on_source_and_id_of_the_event() -> None:
    ids = {
        process_id(who, source, event)
        for who in ("order", "payment")
        for source in ("/a", "/b")
        for event in ("1", "2")
    }
    assert len(ids) == 8
    assert process_id("order", "/a", "1") == "a3373530fd71aa61", "stored traces have this id: it must not change"
