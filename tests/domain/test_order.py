"""The order service: the status follows from what is known, and the end is said once."""

from datetime import timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quartet.engine.declaration.outcome import Decided, Ignored, Rejected
from quartet.events import Event, EventData
from services.order.domain import (
    CLOSED,
    Fact,
    Order,
    OrderPolicy,
    OrderStatus,
    cancellation_for,
    is_overdue,
    status_of,
)
from services.order.handlers import note_fact, open_order
from services.order.service import PARTICIPANT
from shared.events import (
    CancellationReason,
    CompensationFailed,
    InventoryReleased,
    InventoryReservationFailed,
    Line,
    OrderCancellationRejected,
    OrderCancelled,
    OrderCompleted,
    OrderShipped,
    PaymentFailed,
    PaymentRefunded,
    PaymentVoided,
    ShippingFailed,
)
from tests.domain.saying import decided, said
from tests.domain.shop import LAMPS_AND_CUPS, NOON, placed

POLICY = OrderPolicy(deadline=timedelta(minutes=15))
LINES = (Line(product_id="lamp", quantity=2),)

SHIPPED = OrderShipped(order_id="marple-1", shipment_id="s1", tracking_number="T1", carrier="Royal Snail", items=LINES)
OUT_OF_STOCK = InventoryReservationFailed(order_id="marple-1", reason="out_of_stock")
DECLINED = PaymentFailed(order_id="marple-1", reason="payment_declined")
NOT_SERVED = ShippingFailed(order_id="marple-1", reason="address_not_served")
RELEASED = InventoryReleased(order_id="marple-1", items=LINES, reason="address_not_served")
RELEASED_UNPAID = InventoryReleased(order_id="marple-1", items=LINES, reason="payment_declined")
REFUNDED = PaymentRefunded(
    order_id="marple-1", refund_id="r1", currency="GBP", amount=Decimal("67.60"), reason="address_not_served"
)
VOIDED = PaymentVoided(order_id="marple-1", reason="cancelled")
REFUND_FAILED = CompensationFailed(order_id="marple-1", compensation="refund", reason="the bank keeps it")
RELEASE_FAILED = CompensationFailed(order_id="marple-1", compensation="release", reason="the door is stuck")
REJECTED = OrderCancellationRejected(order_id="marple-1", reason="already_shipped")


async def hear(*events: Event[EventData]) -> tuple[Order, list[EventData]]:
    """The order after it has heard these, and all that was said on the way."""
    order: Order | None = None
    answers: list[EventData] = []
    for event in events:
        outcome = await PARTICIPANT.reaction_to(type(event.data)).handler(event, order, POLICY)
        if isinstance(outcome, Decided):
            order = outcome.state
            answers += outcome.answers
    assert order is not None
    return order, answers


async def test_an_order_opens_with_what_the_customer_said() -> None:
    order, answers = await hear(placed())
    assert order.status is OrderStatus.PENDING
    assert (order.customer_id, order.currency, order.total) == ("jane", "GBP", Decimal("67.60"))
    assert order.placed_at == NOON
    assert order.deadline == NOON + timedelta(minutes=15)
    assert answers == []


async def test_an_order_may_bring_a_deadline_of_its_own() -> None:
    order, _ = await hear(placed(complete_by="2026-03-01T13:00:00+01:00"))
    assert order.deadline == NOON


async def test_the_same_order_again_is_a_duplicate_whatever_its_event_id_and_its_spelling() -> None:
    order, _ = await hear(placed())
    items = [{**line, "unit_price": str(line["unit_price"]).removesuffix("0")} for line in LAMPS_AND_CUPS]
    assert await open_order(placed(event_id="evt-again", items=items), order, POLICY) == Ignored("duplicate")


@pytest.mark.parametrize(
    "other",
    [
        {"payment_method": "tok_declined"},
        {"country": "AQ"},
        {"items": LAMPS_AND_CUPS[:1]},
        {"complete_by": "2026-03-01T12:30:00Z"},
    ],
)
async def test_other_data_under_a_known_order_id_is_a_dead_letter(other: dict[str, str]) -> None:
    order, _ = await hear(placed())
    outcome = await open_order(placed(event_id="evt-2", **other), order, POLICY)
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "conflicting_order"
    assert "marple-1" in outcome.detail


@pytest.mark.parametrize(
    ("story", "end"),
    [
        ([SHIPPED], OrderCompleted(order_id="marple-1", currency="GBP", total=Decimal("67.60"))),
        ([SHIPPED, REJECTED], OrderCompleted(order_id="marple-1", currency="GBP", total=Decimal("67.60"))),
        ([OUT_OF_STOCK], OrderCancelled(order_id="marple-1", reason="out_of_stock")),
        ([DECLINED, RELEASED_UNPAID], OrderCancelled(order_id="marple-1", reason="payment_declined")),
        ([NOT_SERVED, RELEASED, REFUNDED], OrderCancelled(order_id="marple-1", reason="address_not_served")),
        (
            [NOT_SERVED, REFUND_FAILED, RELEASED, REFUNDED],
            OrderCancelled(order_id="marple-1", reason="address_not_served"),
        ),
    ],
)
async def test_a_saga_ends_in_the_same_way_in_whatever_order_it_is_heard(
    story: list[EventData], end: EventData
) -> None:
    for heard in permutations([placed(), *map(said, story)]):
        order, answers = await hear(*heard)
        assert order.status in CLOSED
        assert answers == [end]
        assert len(order.history) <= len(heard)


async def test_an_order_is_not_cancelled_before_both_compensations_are_confirmed() -> None:
    events = [placed(), said(NOT_SERVED)]
    order, _ = await hear(*events)
    assert order.status is OrderStatus.COMPENSATING
    for confirmation in (RELEASED, REFUNDED):
        order, answers = await hear(*events, said(confirmation))
        assert order.status is OrderStatus.COMPENSATING
        assert answers == []


async def test_events_that_arrive_before_the_order_are_kept() -> None:
    order, answers = await hear(said(NOT_SERVED), said(VOIDED))
    assert order.status is OrderStatus.COMPENSATING
    assert order.total is None
    assert answers == []

    order, answers = await hear(said(NOT_SERVED), said(VOIDED), said(OUT_OF_STOCK), placed())
    assert order.status is OrderStatus.CANCELLED
    assert answers == [OrderCancelled(order_id="marple-1", reason="address_not_served")]


@pytest.mark.parametrize(
    ("failed", "other", "confirmation"), [(REFUND_FAILED, RELEASED, REFUNDED), (RELEASE_FAILED, REFUNDED, RELEASED)]
)
async def test_a_compensation_that_failed_needs_attention_until_it_is_confirmed(
    failed: CompensationFailed, other: EventData, confirmation: EventData
) -> None:
    events = [placed(), said(NOT_SERVED), said(failed)]
    assert (await hear(*events))[0].status is OrderStatus.NEEDS_ATTENTION
    assert (await hear(*events, said(other)))[0].status is OrderStatus.NEEDS_ATTENTION
    assert (await hear(*events, said(confirmation)))[0].status is OrderStatus.COMPENSATING

    order, answers = await hear(*events, said(other), said(confirmation))
    assert order.status is OrderStatus.CANCELLED
    assert [entry.note for entry in order.history].count(failed.reason) == 1
    assert len(answers) == 1


async def test_a_reason_that_says_little_gives_way_to_a_better_one() -> None:
    vague = PaymentFailed(order_id="marple-1", reason="voided")
    order, _ = await hear(placed(), said(vague), said(ShippingFailed(order_id="marple-1", reason="timed_out")))
    assert order.reason == "timed_out"
    order, _ = await hear(placed(), said(NOT_SERVED), said(DECLINED))
    assert order.reason == "address_not_served"


async def test_hearing_a_fact_twice_changes_nothing() -> None:
    order, _ = await hear(placed(), said(SHIPPED))
    again = said(SHIPPED, event_id="evt-other")
    assert await note_fact(again, order, POLICY) == Ignored("duplicate")


@given(st.sets(st.sampled_from(Fact)), st.sets(st.sampled_from(Fact)))
def test_no_order_is_closed_before_it_is_placed_and_none_is_reopened(facts: set[Fact], more: set[Fact]) -> None:
    assert status_of(facts - {Fact.PLACED}) not in CLOSED
    if status_of(facts) in CLOSED:
        assert status_of(facts | more) in CLOSED


async def test_only_an_order_that_is_still_under_way_times_out() -> None:
    late = NOON + timedelta(minutes=15)
    order, _ = await hear(placed())
    assert is_overdue(order, late)
    assert not is_overdue(order, late - timedelta(microseconds=1))

    for fact in (SHIPPED, NOT_SERVED, OUT_OF_STOCK, REFUND_FAILED):
        ended, _ = await hear(placed(), said(fact))
        assert not is_overdue(ended, late)
    unplaced, _ = await hear(said(REJECTED))
    assert not is_overdue(unplaced, late)


async def test_the_deadline_requests_a_cancellation_like_a_customer() -> None:
    order, _ = await hear(placed())
    request = cancellation_for(order)
    assert request.reason == CancellationReason.DEADLINE
    assert "2026-03-01T12:15:00Z" in request.detail


async def test_the_log_line_and_the_history_say_what_happened() -> None:
    order, _ = await hear(placed(), said(SHIPPED))
    assert [(entry.type, entry.note) for entry in order.history] == [
        ("OrderCreated.v1", "67.60 GBP"),
        ("OrderShipped.v1", "Royal Snail T1"),
    ]
    heard_first = decided(await note_fact(said(NOT_SERVED), None, POLICY))
    assert heard_first.note == "compensating"
