"""The trace of a past saga: made again from its events, with the ids and parents that the services gave their spans."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from quartet.cli.reading.hub_reader import Found
from quartet.cli.timeline.timeline import tell
from quartet.cli.trace.rebuilding import REBUILT, placed, rebuild
from quartet.engine.declaration.hubs import Hubs
from quartet.engine.ports import Message
from quartet.engine.telemetry.naming import process_id
from quartet.engine.telemetry.span import Span, SpanId
from quartet.events import CONTENT_TYPE, Event, encode, first_traceparent, to_json
from quartet.process.telemetry.sending import otlp_json
from services.shop import SHOP
from tests.cli.test_timeline import NOON, cancelled, found, refused
from tests.cli.test_timeline import placed as an_order

CREATED, REFUSED, CANCELLED = "OrderCreated.v1", "InventoryReservationFailed.v1", "OrderCancelled.v1"


def spans_of(messages: Sequence[Found], hubs: Hubs | None = None) -> dict[str, list[Span]]:
    known = hubs or SHOP.hubs()
    return rebuild(placed(messages, tell(messages, known), known, SHOP.models), SHOP.names)


def saga() -> list[Event[Any]]:
    first = an_order()
    second = refused(first)
    return [first, second, cancelled(second)]


def messages(*events: Event[Any]) -> list[Found]:
    return [found(event, 5 + 30 * number) for number, event in enumerate(events)]


def span_id(event: Event[Any]) -> str:
    assert event.traceparent is not None
    return event.traceparent.split("-")[2]


def milliseconds(nanoseconds: int) -> float:
    return nanoseconds / 1e6 - NOON.timestamp() * 1000


def test_who_answers_has_processed_the_cause_and_created_the_answer() -> None:
    first, second, third = saga()
    made = spans_of(messages(first, second, third))
    assert {name: [span.name for span in spans] for name, spans in made.items()} == {
        "inventory": [f"process {CREATED}", f"create {REFUSED}"],
        "order": [f"process {REFUSED}", f"create {CANCELLED}"],
    }
    (reserving, refusing), (hearing, cancelling) = made["inventory"], made["order"]
    assert reserving.id.span == process_id("inventory", first.source, first.id)
    assert refusing.id.span == span_id(second)
    assert refusing.parent == reserving.id
    assert hearing.parent is not None
    assert hearing.parent.span == span_id(second), "what handles an event is a child of what created it"
    assert (cancelling.id.span, cancelling.parent) == (span_id(third), hearing.id)


def test_every_span_is_in_the_trace_of_the_saga_and_marked() -> None:
    made = [span for spans in spans_of(messages(*saga())).values() for span in spans]
    assert {span.id.trace for span in made} == {first_traceparent("ord-1", "created").split("-")[1]}
    assert all(span.attributes[REBUILT] is True for span in made)
    assert {span.attributes["quartet.saga_id"] for span in made} == {"ord-1"}
    assert {span.attributes["messaging.destination.name"] for span in made} == {"saga-events"}


def test_an_event_of_a_publisher_that_does_not_trace_has_no_span_above_it() -> None:
    (reserving, _) = spans_of(messages(*saga()))["inventory"]
    assert reserving.parent is None


def test_the_trace_of_a_publisher_is_continued() -> None:
    theirs = f"00-{'ab' * 16}-{'cd' * 8}-01"
    first = an_order()
    message = found(first, 5, traceparent=theirs)
    second = refused(Event(**{**{name: getattr(first, name) for name in Event.__slots__}, "traceparent": theirs}))
    (reserving, refusing) = spans_of([message, found(second, 35)])["inventory"]
    assert reserving.parent == SpanId("ab" * 16, "cd" * 8, sampled=True, remote=True)
    assert refusing.id.trace == "ab" * 16


def test_times_are_those_at_which_the_hub_took_the_events_in() -> None:
    (reserving, refusing), _ = spans_of(messages(*saga())).values()
    assert (milliseconds(reserving.start), milliseconds(reserving.end)) == (5, 35)
    assert (milliseconds(refusing.start), milliseconds(refusing.end)) == (35, 35)


def test_clocks_of_two_partitions_do_not_make_a_span_that_ends_before_it_starts() -> None:
    first, second, _ = saga()
    early = found(second, 35)
    late = Found("1", early.enqueued + timedelta(milliseconds=-30), early.message)
    for spans in spans_of([found(first, 5), late]).values():
        assert all(span.start <= span.end for span in spans)


def test_it_is_the_same_each_time() -> None:
    assert spans_of(messages(*saga())) == spans_of(messages(*saga()))


def test_an_event_that_was_said_before_has_no_further_span() -> None:
    first, second, third = messages(*saga())
    again = Found("0", third.enqueued, second.message)
    assert spans_of([first, second, again, third]) == spans_of([first, second, third])


def test_an_answer_to_an_event_that_the_hub_no_longer_has_begins_a_part_of_its_own() -> None:
    (span,) = spans_of(messages(*saga()[1:]))["inventory"]
    assert (span.name, span.parent) == (f"create {REFUSED}", None)


def test_a_forged_event_and_one_that_cannot_be_read_have_no_span() -> None:
    first, second, third = saga()
    forged = found(second, 36, source="/services/shipping", id="forged")
    noise = Found("0", NOON, Message(b"ord-1", None, {}, 0, "0"))
    broken = found(third, 66, data={})
    made = spans_of([found(first, 5), forged, noise, found(second, 40), broken])
    assert [span.name for spans in made.values() for span in spans] == [f"process {CREATED}", f"create {REFUSED}"]


def test_each_span_names_the_hub_of_its_event() -> None:
    first, second, _ = saga()
    body = encode(to_json(first))
    inbound = Found("2", NOON, Message(body, CONTENT_TYPE, {}, 1, "1", hub="orders"))
    (reserving, refusing) = spans_of([inbound, found(second, 35)], SHOP.hubs("inbound"))["inventory"]
    assert reserving.attributes["messaging.destination.name"] == "orders"
    assert reserving.attributes["messaging.destination.partition.id"] == "2"
    assert refusing.attributes["messaging.destination.name"] == "saga-events"


def test_an_export_in_json_has_hexadecimal_ids_and_a_resource_for_each_participant() -> None:
    exported = otlp_json(spans_of(messages(*saga())))["resourceSpans"]
    names = [attribute["value"]["stringValue"] for one in exported for attribute in one["resource"]["attributes"]]
    assert {"inventory", "order"} < {*names}
    (inventory, _) = exported
    (reserving, refusing) = inventory["scopeSpans"][0]["spans"]
    assert refusing["parentSpanId"] == reserving["spanId"]
    assert refusing["spanId"] == span_id(saga()[1])
    assert len(reserving["traceId"]) == 32
    assert (reserving["kind"], refusing["kind"]) == (5, 4), "consumer and producer"
    assert "parentSpanId" not in reserving


@pytest.mark.parametrize("field", ["traceId", "spanId"])
def test_ids_in_json_are_those_of_the_spans(field: str) -> None:
    made = spans_of(messages(*saga()))
    exported = otlp_json(made)["resourceSpans"]
    there = [span[field] for one in exported for scope in one["scopeSpans"] for span in scope["spans"]]
    expected = [span.id.trace if field == "traceId" else span.id.span for spans in made.values() for span in spans]
    assert there == expected
