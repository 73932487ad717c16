"""The trace of each saga of a real stack, as a real receiver of OTLP gets it."""

from collections import Counter
from collections.abc import Collection

import pytest

from quartet.engine.telemetry.naming import process_id
from quartet.events import first_traceparent
from tests.saga.shop import SERVICES
from tests.telemetry.receiver import Got
from tests.telemetry.traced import HAPPY, PUBLISHERS_SPAN, PUBLISHERS_TRACE, REPEATS, ROOT, UNHEARD, Export

pytestmark = pytest.mark.asyncio(loop_scope="session")

REFUNDED = {
    ("create ShippingFailed.v1", "shipping", ""): ("process PaymentCompleted.v1", "shipping"),
    ("process ShippingFailed.v1", "order", "decided"): ("create ShippingFailed.v1", "shipping"),
    ("process ShippingFailed.v1", "payment", "decided"): ("create ShippingFailed.v1", "shipping"),
    ("process ShippingFailed.v1", "inventory", "decided"): ("create ShippingFailed.v1", "shipping"),
    ("create PaymentRefunded.v1", "payment", ""): ("process ShippingFailed.v1", "payment"),
    ("create InventoryReleased.v1", "inventory", ""): ("process ShippingFailed.v1", "inventory"),
    ("process PaymentRefunded.v1", "order", "decided"): ("create PaymentRefunded.v1", "payment"),
    ("process InventoryReleased.v1", "order", "decided"): ("create InventoryReleased.v1", "inventory"),
}
CALLS = {
    "handle reserve_stock": "CosmosStock.hold",
    "handle charge_payment": "SimulatedGateway.charge",
    "handle refund_payment": "SimulatedGateway.refund",
    "handle ship_order": "SimulatedCarrier.book",
    "handle release_stock": "CosmosStock.release",
    "handle ship_stock": "CosmosStock.ship",
}


def tree(spans: Collection[Got]) -> dict[tuple[str, str, str], tuple[str, str]]:
    """The parent of each span that processes or creates an event, all by name and service."""
    by_id = {span.span: (span.name, span.service) for span in spans}
    return {
        (span.name, span.service, str(span.attributes.get("quartet.outcome", ""))): by_id.get(span.parent, ROOT)
        for span in spans
        if span.name.startswith(("process ", "create "))
    }


@pytest.mark.parametrize("saga", ["happy", "pole", "flaky", "twice", "late"])
async def test_a_saga_is_one_trace_whose_id_is_derived_and_every_parent_is_in_it(export: Export, saga: str) -> None:
    spans, event = export.of(saga), export.published[saga]
    assert {span.trace for span in spans} == {first_traceparent(event.saga_id, event.id)[3:35]}
    ids = Counter(span.span for span in spans)
    assert max(ids.values()) == 1
    roots = [span for span in spans if not span.parent]
    assert [span.name for span in spans if span.parent and span.parent not in ids] == []
    assert {span.name for span in roots} <= {"process OrderCreated.v1", "process OrderCancellationRequested.v1"}
    assert {span.service for span in spans} == set(SERVICES)


async def test_cause_and_effect_of_an_order_that_is_completed(export: Export) -> None:
    rejected = {("process OrderCreated.v1", "order", "dead_letter"): ROOT}  # other data under its id
    ignored = {("process OrderCreated.v1", "inventory", "ignored"): ROOT}
    assert tree(export.of("happy")) == HAPPY | rejected | ignored


async def test_cause_and_effect_of_compensations(export: Export) -> None:
    spans = tree(export.of("pole"))
    ends = {name: parent for name, parent in spans.items() if name[0] == "create OrderCancelled.v1"}
    assert list(ends) == [("create OrderCancelled.v1", "order", "")]
    assert set(ends.values()) <= {("process PaymentRefunded.v1", "order"), ("process InventoryReleased.v1", "order")}
    expected = {name for name in HAPPY if not {"OrderShipped.v1", "OrderCompleted.v1"} & set(name[0].split())}
    assert set(spans) == expected | set(REFUNDED) | set(ends)
    assert REFUNDED.items() <= spans.items()
    for name in expected:
        assert spans[name] == HAPPY[name]


async def test_the_span_of_an_event_has_the_id_that_its_context_names(export: Export) -> None:
    """Found from outside: the hub's events have the context, and the ids are derived."""
    event = export.published["happy"]
    [first] = [span for span in export.of("happy") if span.name == "create InventoryReserved.v1"]
    answer_id = first.attributes["messaging.message.id"]
    assert first.span == first_traceparent(event.saga_id, answer_id).split("-")[2]
    by_id = {span.span: span for span in export.of("happy")}
    assert first.parent == process_id("inventory", event.source, event.id)
    assert by_id[first.parent].attributes["messaging.message.id"] == event.id


async def test_below_each_process_are_its_handler_the_calls_of_its_port_and_its_commit(export: Export) -> None:
    spans = [*export.of("pole"), *export.of("twice")]
    by_id = {span.span: span for span in spans}
    children: dict[str, list[Got]] = {span.span: [] for span in spans}
    for span in spans:
        if span.parent in children:
            children[span.parent].append(span)
    for span in spans:
        below = children[span.span]
        if span.attributes.get("quartet.outcome") == "decided":
            assert [child.kind for child in below if child.name.startswith("handle ")] == ["internal"], span
            [commit] = [child for child in below if child.name.startswith("commit ")]
            assert commit.attributes["azure.cosmosdb.operation.request_charge"] > 0
            assert commit.kind == "client"
        if span.name in CALLS:
            assert CALLS[span.name] in [child.name for child in below]
            assert {child.kind for child in below} == {"client"}
        assert all(span.start <= child.start and (child.end <= span.end or span.name[:3] == "cre") for child in below)
    assert {by_id[span.parent].name for span in spans if span.name == "SimulatedGateway.refund"} == {
        "handle refund_payment"
    }


async def test_a_repeat_has_a_span_of_its_own_and_says_nothing_again(export: Export) -> None:
    spans = export.of("twice")
    repeated = [span for span in spans if span.attributes.get("quartet.outcome") == "repeated"]
    assert Counter((span.service, span.name.split()[1]) for span in repeated) == dict.fromkeys(REPEATS, 1)
    said = Counter(span.name for span in spans if span.name.startswith("create "))
    assert set(said.values()) == {1}
    assert len(said) == 4


async def test_the_context_of_a_publisher_wins(export: Export) -> None:
    spans = export.of("own")
    assert {span.trace for span in spans} == {PUBLISHERS_TRACE}
    first = [span for span in spans if span.name == "process OrderCreated.v1"]
    assert {span.parent for span in first} == {PUBLISHERS_SPAN}
    ids = {span.span for span in spans} | {PUBLISHERS_SPAN}
    assert [span.name for span in spans if span.parent not in ids] == []


async def test_what_a_publisher_does_not_sample_is_not_exported(export: Export) -> None:
    assert export.of("unsampled") == []
    assert [
        span for span in export.receiver.spans if ("ef" * 16) in (span.trace, *(one for one, _ in span.links))
    ] == []
    assert any(line.get("trace_id") == "ef" * 16 for _, line in export.lines)


async def test_a_call_that_a_port_has_failed_is_an_error_and_the_next_one_is_not(export: Export) -> None:
    calls = sorted(
        (span for span in export.of("flaky") if span.name == "SimulatedGateway.charge"), key=lambda span: span.start
    )
    assert [span.failed for span in calls] == [True, False]
    assert calls[0].attributes["error.type"] == "GatewayTimeout"
    assert len({span.parent for span in calls}) == 1


async def test_a_dead_letter_is_an_error_with_its_reason(export: Export) -> None:
    [dead] = [span for span in export.of("happy") if span.attributes.get("quartet.outcome") == "dead_letter"]
    assert dead.failed
    assert dead.attributes["error.type"] == dead.attributes["quartet.dead_letter.reason"] == "conflicting_order"


async def test_a_batch_has_a_trace_of_its_own_with_links_to_the_events_in_it(export: Export) -> None:
    spans = export.receiver.spans
    batches = {span.span: span for span in spans if span.saga is None}
    created = {span.span for span in spans if span.name.startswith("create ")}
    assert {span.name for span in batches.values()} == {"receive saga-events", "send saga-events"}
    assert {span.kind for span in batches.values()} == {"client"}
    for span in batches.values():
        assert len(span.links) >= 1
        assert len(span.links) <= span.attributes["messaging.batch.message_count"]
        if span.name.startswith("send"):
            assert {one for _, one in span.links} <= created
            assert span.parent in batches
    for span in spans:
        if span.name.startswith("process "):
            [(trace, batch)] = span.links
            assert batches[batch].trace == trace
            assert batches[batch].name == "receive saga-events"
            assert batches[batch].service == span.service
    received = {one for span in batches.values() for _, one in span.links if span.name.startswith("receive")}
    assert created - received == {span.span for span in spans if span.name in {f"create {end}" for end in UNHEARD}}
