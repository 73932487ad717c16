"""How a saga stands, told from the events of real ones of the shop and of the trip."""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import pytest

from examples.trip.app import TRIP
from examples.trip.events import TripBooked
from quartet.choreography import Choreography
from quartet.console.interpreting import Interpreter
from quartet.console.projection.coding import summary_from, summary_text
from quartet.console.projection.facts import Fact
from quartet.console.projection.port import Saga
from quartet.console.projection.summary import Summary, fold
from quartet.console.rows import Listing
from quartet.console.stories import said_views, story, trace_id
from quartet.console.views import OwedView, SaidView, Unknown
from quartet.console.vocabulary import Vocabulary
from quartet.engine.ports import Message
from quartet.events import CONTENT_TYPE, EventData
from quartet.events.trace import first_traceparent
from services.shop import SHOP
from shared.events import OrderCompleted
from tests.console.console_fixture import recorded

NOW: Final = 1_000_000


def saga_of(app: Choreography, events: Sequence[Mapping[str, Any]]) -> Saga:
    """Its events came 100 ms after each other."""
    reading = Interpreter(app, app.hubs(), Vocabulary(app))
    facts: list[Fact] = []
    for number, event in enumerate(events):
        fact = reading.fact(Message(json.dumps(event).encode(), CONTENT_TYPE, {}, number, ""), "0", 100 * number)
        assert fact is not None
        facts.append(fact)
    return Saga(fold(None, facts), facts)


def told(app: Choreography, events: Sequence[Mapping[str, Any]], owed: tuple[OwedView, ...] | Unknown = ()) -> str:
    saga = saga_of(app, events)
    vocabulary = Vocabulary(app)
    views = said_views(saga.facts, vocabulary)
    return story(saga, views, owed, vocabulary=vocabulary, listing=Listing(NOW, 0))


def recording(name: str, saga: str) -> tuple[dict[str, Any], ...]:
    return next(events for events in recorded(name) if events[0]["subject"] == saga)


ORDERS: Final = "samples/recordings/orders.jsonl"
TRIPS: Final = "examples/trip/recordings.jsonl"


def test_an_order_that_could_not_be_shipped_says_why_and_what_was_undone() -> None:
    said = told(SHOP, recording(ORDERS, "ord-1034"))
    assert said.startswith("It ended as OrderCancelled after 0.60 s.")
    assert "It failed because shipping said ShippingFailed (address_not_served  " in said
    assert "PaymentRefunded by payment" in said
    assert "InventoryReleased by inventory" in said


def test_an_order_that_worked_takes_one_sentence() -> None:
    assert told(SHOP, recording(ORDERS, "ord-1001")) == "It ended as OrderCompleted after 0.40 s."


@pytest.mark.parametrize("events", recorded(ORDERS) + recorded("samples/recordings/failing.jsonl"))
def test_every_cancelled_order_says_which_event_made_it_fail(events: tuple[dict[str, Any], ...]) -> None:
    said, last = told(SHOP, events), saga_of(SHOP, events).summary
    assert ("It failed because" in said) == (last.phase == "failed")
    if last.phase == "failed":
        assert last.why in said


@pytest.mark.parametrize("events", recorded(TRIPS))
def test_every_cancelled_trip_says_which_event_made_it_fail(events: tuple[dict[str, Any], ...]) -> None:
    said, last = told(TRIP, events), saga_of(TRIP, events).summary
    assert last.phase in {"ended", "failed"}
    assert ("It failed because" in said) == (last.phase == "failed")


def test_an_open_saga_says_what_is_missing_or_that_it_is_not_known() -> None:
    events = recording(ORDERS, "ord-1001")[:2]
    missing = OwedView(
        participant="payment", event=2, type="InventoryReserved.v1", expected=(), since_seconds=1, why="does not run"
    )
    said = told(SHOP, events, (missing,))
    assert "It is open; its last event came 17 min ago." in said
    assert "Missing: payment has not handled event 2, InventoryReserved.v1 (does not run)." in said
    assert "What is missing is not known: Cosmos DB is away." in told(
        SHOP, events, Unknown(problem="Cosmos DB is away")
    )
    assert "No participant has an event of it to handle" in told(SHOP, events)


def test_events_have_their_causes_and_repeats() -> None:
    events = recording(ORDERS, "ord-1034")
    views = said_views(saga_of(SHOP, [*events, events[1]]).facts, Vocabulary(SHOP))
    assert [view.cause for view in views[:4]] == [None, 1, 2, 3]
    assert [view.repeats for view in views] == [*[None] * len(events), 2]
    assert views[3].heard_by == ("order", "inventory", "payment")


def test_a_forged_event_is_no_cause_and_changes_no_phase() -> None:
    events = recording(ORDERS, "ord-1001")
    forged = {**events[-1], "source": "/services/payment"}
    saga = saga_of(SHOP, [*events[:-1], forged])
    views: tuple[SaidView, ...] = said_views(saga.facts, Vocabulary(SHOP))
    assert saga.summary.phase == "open"
    assert "may not say OrderCompleted.v1" in views[-1].problem
    assert (views[-1].sayer, views[-1].heard_by) == ("", ())


def test_the_trace_is_the_one_of_the_events_or_else_derived_from_the_id() -> None:
    events = recording(ORDERS, "ord-1001")
    assert trace_id(saga_of(SHOP, events)) == str(events[0]["traceparent"]).split("-")[1]
    bare = [{name: value for name, value in event.items() if name != "traceparent"} for event in events]
    assert trace_id(saga_of(SHOP, bare)) == first_traceparent("ord-1001", "x").split("-")[1]


REFUND: Final = {"order_id": "ord-1034", "compensation": "refund", "reason": "the bank keeps it"}


def refused() -> list[dict[str, Any]]:
    """The order that could not be shipped; its refund fails, and it has not ended."""
    events = recording(ORDERS, "ord-1034")
    refunded = next(event for event in events if event["type"] == "PaymentRefunded.v1")
    failed = {**refunded, "id": "failed-1", "type": "CompensationFailed.v1", "data": REFUND}
    return [*(event for event in events if event["type"] not in {"PaymentRefunded.v1", "OrderCancelled.v1"}), failed]


def redriven() -> list[dict[str, Any]]:
    """The same after a redrive: the refund is made, and the order ends."""
    events = recording(ORDERS, "ord-1034")
    return [*refused(), *(event for event in events if event["type"] in {"PaymentRefunded.v1", "OrderCancelled.v1"})]


@pytest.mark.parametrize("events", [recording(ORDERS, "ord-1034"), recorded(TRIPS)[0], redriven()])
def test_a_summary_does_not_depend_on_the_order_in_which_events_are_read(events: tuple[dict[str, Any], ...]) -> None:
    """Two hubs are read side by side. So do the figures that the saga adds to those of all."""
    app = SHOP if "order_id" in events[0]["data"] else TRIP
    facts = list(saga_of(app, events).facts)
    whole = fold(None, facts)
    for some in itertools.islice(itertools.permutations(facts), 0, 5_000, 97):
        step: Summary | None = None
        for fact in some:
            step = fold(step, [fact])
        assert step == whole
        assert step is not None
        assert step.marks() == whole.marks()


def test_terms_are_ids_and_codes_and_no_names() -> None:
    terms = saga_of(SHOP, recording(ORDERS, "ord-1034")).summary.terms
    fields = {term.field for term in terms}
    assert {"customer_id", "product_id", "reason", "payment_id"} <= fields
    assert not fields & {"recipient", "street", "city", "order_id", "payment_method", "currency"}


def test_a_compensation_that_failed_is_a_failure_that_needs_a_person_and_none_that_ran() -> None:
    said = told(SHOP, refused())
    assert said.startswith("It is compensating")
    assert "It failed because shipping said ShippingFailed (" in said
    assert "Compensations that failed and need a person: CompensationFailed by payment (" in said
    assert "Compensations: InventoryReleased by inventory." in said


def test_a_compensation_that_failed_is_listed_as_such_also_when_the_saga_is_stuck() -> None:
    summary = saga_of(SHOP, refused()).summary
    for stuck_before in (0, NOW):
        row = Listing(NOW, stuck_before).row(summary)
        assert (row.phase, row.status, row.is_stuck) == ("compensating", "compensation-failed", stuck_before == NOW)
    assert summary_from(summary.id, summary_text(summary)) == summary


def test_a_compensation_that_was_done_after_a_redrive_needs_no_person() -> None:
    said, summary = told(SHOP, redriven()), saga_of(SHOP, redriven()).summary
    assert "need a person" not in said
    assert "Compensations: InventoryReleased by inventory, PaymentRefunded by payment." in said
    assert (summary.needs_person, summary.status) == (False, "OrderCancelled")
    assert not saga_of(SHOP, redriven()[:-1]).summary.needs_person


def test_what_else_a_participant_undid_does_not_hide_that_it_failed_later() -> None:
    """An answer that came before the failure says nothing of it."""
    events = redriven()[:-1]
    swapped = [*events[:-2], events[-1], events[-2]]
    assert saga_of(SHOP, swapped).summary.needs_person
    assert "need a person: CompensationFailed by payment" in told(SHOP, swapped)


def test_a_forged_failure_of_a_compensation_needs_no_person() -> None:
    events = refused()
    forged = {**events[-1], "source": "/services/shipping"}
    for some in ([*events[:-1], forged], [forged, *events[:-1]]):
        assert not saga_of(SHOP, some).summary.needs_person
        assert "need a person" not in told(SHOP, some)


def test_an_application_says_which_of_its_events_are_failed_compensations() -> None:
    assert Vocabulary(SHOP).kind("CompensationFailed.v1") == "failed_compensation"
    assert not Vocabulary(SHOP).is_undone("CompensationFailed.v1")
    silent = replace(SHOP, failed_compensations=frozenset())
    assert Vocabulary(silent).kind("CompensationFailed.v1") == "compensation"


@pytest.mark.parametrize(
    ("event", "problem"),
    [(TripBooked, "TripBooked.v1, which is none of its events"), (OrderCompleted, "OrderCompleted.v1, which ends a")],
)
def test_what_cannot_be_a_failed_compensation_is_refused(event: type[EventData], problem: str) -> None:
    with pytest.raises(ValueError, match=f"shop: failed_compensations has {problem}"):
        replace(SHOP, failed_compensations={event})
