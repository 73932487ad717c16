"""The traces, metrics and log lines of a real stack, as a real receiver of OTLP gets them."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import pytest
import pytest_asyncio

from quartet.engine.telemetry.naming import process_id
from quartet.events import Event, first_traceparent, new_event
from shared.events import OrderCreated
from tests.saga.shop import SERVICES, Shop, address, cancellation, order, running_shop
from tests.telemetry.receiver import Got, Receiver, receiving

pytestmark = pytest.mark.asyncio(loop_scope="module")

PUBLISHERS_TRACE, PUBLISHERS_SPAN = "ab" * 16, "cd" * 8
ROOT = ("", "")
HAPPY = {
    ("process OrderCreated.v1", "order", "decided"): ROOT,
    ("process OrderCreated.v1", "inventory", "decided"): ROOT,
    ("create InventoryReserved.v1", "inventory", ""): ("process OrderCreated.v1", "inventory"),
    ("process InventoryReserved.v1", "order", "decided"): ("create InventoryReserved.v1", "inventory"),
    ("process InventoryReserved.v1", "payment", "decided"): ("create InventoryReserved.v1", "inventory"),
    ("create PaymentCompleted.v1", "payment", ""): ("process InventoryReserved.v1", "payment"),
    ("process PaymentCompleted.v1", "order", "decided"): ("create PaymentCompleted.v1", "payment"),
    ("process PaymentCompleted.v1", "shipping", "decided"): ("create PaymentCompleted.v1", "payment"),
    ("create OrderShipped.v1", "shipping", ""): ("process PaymentCompleted.v1", "shipping"),
    ("process OrderShipped.v1", "order", "decided"): ("create OrderShipped.v1", "shipping"),
    ("process OrderShipped.v1", "inventory", "decided"): ("create OrderShipped.v1", "shipping"),
    ("create OrderCompleted.v1", "order", ""): ("process OrderShipped.v1", "order"),
}
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
# The recorded answers are said again, so what hears them recognises a repeat, too.
REPEATS = {(service, name.split()[1]) for name, service, _ in HAPPY if name.startswith("process")}
UNHEARD = ("OrderCompleted.v1", "OrderCancelled.v1")
COMPLETED = ("happy", "own", "unsampled", "flaky", "twice", "late")


@dataclass(frozen=True, slots=True)
class Export:
    """What arrived, and the log lines of the services."""

    receiver: Receiver
    lines: list[tuple[str, dict[str, object]]]
    published: dict[str, Event[OrderCreated]]

    def of(self, saga: str) -> list[Got]:
        return [span for span in self.receiver.spans if span.saga == f"trace-{saga}"]


def placed(saga: str, traceparent: str | None = None, **changes: object) -> Event[OrderCreated]:
    data = order(f"trace-{saga}", {"telescope": 1}, **changes).data
    return new_event(data, source="/tests", time=datetime.now(UTC), traceparent=traceparent)


async def run_all(shop: Shop) -> dict[str, Event[OrderCreated]]:
    """Publish every order, and wait until all that follows is done."""
    events = {
        "happy": placed("happy"),
        "pole": placed("pole", shipping_address=address("AQ")),
        "own": placed("own", f"00-{PUBLISHERS_TRACE}-{PUBLISHERS_SPAN}-01"),
        "unsampled": placed("unsampled", f"00-{'ef' * 16}-{'ef' * 8}-00"),
        "flaky": placed("flaky", payment_method="tok_flaky"),
        "twice": placed("twice"),
        "late": placed("late"),
    }
    await shop.stock(telescope=50)
    await shop.publish(*events.values())
    for saga in COMPLETED:
        await shop.until(f"trace-{saga}", "COMPLETED")
        await shop.until_stored("inventory", f"trace-{saga}", lambda stored: stored["status"] == "SHIPPED")
    await shop.until("trace-pole", "CANCELLED")
    await shop.publish(events["twice"], cancellation("trace-late"), placed("happy", payment_method="tok_other"))
    for service, event_type in REPEATS:
        await shop.until_logged(partial(repeats, service, event_type))
    await shop.until_stored("orders", "trace-late", lambda stored: "CancellationRejected" in json.dumps(stored))
    await shop.until_letters("orders", lambda row: row.get("saga_id") == "trace-happy")
    return events


def repeats(service: str, event_type: str, who: str, line: str) -> bool:
    return who == service and "trace-twice" in line and '"repeated"' in line and f'"event": "{event_type}"' in line


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def export(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Export]:
    """A stack that has ended, so that all is exported."""
    async with receiving() as receiver:
        # Metrics often: a figure that is read while the stack runs must arrive, too.
        settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "OTEL_METRIC_EXPORT_INTERVAL": "500"}
        directory = tmp_path_factory.mktemp("traced")
        async with running_shop(directory, replicas=1, WATCHDOG_SECONDS="4", **settings) as shop:
            published = await run_all(shop)
            await receiver.until(lambda got: len(got.last("quartet.partition.lag")) >= 16)
        lines = [(who, json.loads(line)) for who, line in shop.logs.lines if line.startswith("{")]
        yield Export(receiver, lines, published)


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


async def test_a_log_line_has_the_ids_of_its_span(export: Export) -> None:
    spans = {(span.trace, span.span): span for span in export.receiver.spans}
    compared = 0
    for who, line in export.lines:
        if "sequence" not in line or line.get("saga") == "trace-unsampled" or "outcome" not in line:
            continue
        span = spans[str(line["trace_id"]), str(line["span_id"])]
        assert (span.service, span.saga, span.name) == (who, line["saga"], f"process {line['event']}")
        compared += 1
    assert compared > 50
    [retried] = [line for _, line in export.lines if line["event"] == "handler will be retried"]
    assert spans[str(retried["trace_id"]), str(retried["span_id"])].name == "handle charge_payment"


async def test_no_attribute_has_personal_data(export: Export) -> None:
    values = {str(value).lower() for span in export.receiver.spans for value in span.attributes.values()}
    values |= {str(value).lower() for point in export.receiver.points for value in point.attributes.values()}
    assert [value for value in values if any(one in value for one in ("ada", "engine row", "tok_", "town"))] == []


async def test_the_metrics_have_the_right_values(export: Export) -> None:
    got = export.receiver
    total, kind, reason = got.total, "quartet__event__type", "quartet__reason"
    assert total("quartet.sagas.started", quartet__participant="order") == 7
    assert total("quartet.sagas.ended", **{kind: "OrderCompleted.v1"}) == 6
    assert total("quartet.sagas.ended", **{kind: "OrderCancelled.v1", reason: "address_not_served"}) == 1
    assert total("quartet.sagas.ended") == 7
    assert total("quartet.events.processed", quartet__outcome="repeated") == len(REPEATS)
    assert total("quartet.dead_letters", **{reason: "conflicting_order", kind: "OrderCreated.v1"}) == 1
    assert total("quartet.dead_letters") == 1
    assert total("quartet.retries", quartet__participant="payment") == 1
    assert total("quartet.conflicts") == 0
    assert len(got.last("quartet.partition.lag")) == len(got.last("quartet.partition.age")) == 16
    latency = got.last("quartet.step.duration", quartet__participant="shipping")
    assert sum(point.count for point in latency.values()) == 8  # seven payments, and one cancellation
    assert 0 < sum(point.value for point in latency.values()) < 60
    committed = got.last("quartet.batch.size", quartet__participant="shipping", quartet__operation="commit")
    assert sum(point.value for point in committed.values()) == 8  # all are records of different sagas, or in turn
    charged = total("quartet.cosmos.request_charge", db__operation__name="execute_batch")
    commits = [span for span in got.spans if span.name.startswith("commit ")]
    assert 0 < sum(span.attributes["azure.cosmosdb.operation.request_charge"] for span in commits) <= charged
    assert total("quartet.cosmos.requests", db__operation__name="execute_batch") >= 20


async def test_the_resource_says_which_service_it_is(export: Export) -> None:
    by_service = {span.service: span.resource for span in export.receiver.spans}
    assert set(by_service) == set(SERVICES)
    assert len({resource["service.instance.id"] for resource in by_service.values()}) == 4
