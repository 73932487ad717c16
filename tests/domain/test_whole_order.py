"""Every decision of the order service, compared as a whole, and what its port was asked."""

from datetime import timedelta
from typing import Any

import pytest

from quartet.engine.declaration.outcome import Decided, Ignored
from quartet.events import EventData
from services.order import domain as order
from services.order.domain import Entry, Fact, Order, OrderPolicy, OrderStatus
from services.order.handlers import note_fact, open_order
from shared.events import (
    InventoryReservationFailed,
    OrderCancelled,
    OrderCompleted,
    OrderEvent,
)
from tests.domain.saying import said
from tests.domain.shop import NOON, placed
from tests.domain.whole_saga import (
    DECLINED,
    ID,
    LOST,
    ORDERED,
    PAID,
    RESERVED,
    SHIPPED,
    TOTAL,
)

POLICY = OrderPolicy(timedelta(minutes=15))


FACTS: list[tuple[EventData, Fact, OrderStatus, str, str]] = [
    (RESERVED, Fact.RESERVED, OrderStatus.INVENTORY_RESERVED, "", ""),
    (PAID, Fact.PAID, OrderStatus.PAID, "", ""),
    (DECLINED, Fact.NOT_PAID, OrderStatus.COMPENSATING, "payment_declined", "payment_declined"),
    (LOST, Fact.NOT_SHIPPED, OrderStatus.COMPENSATING, "cancelled", "cancelled"),
    (SHIPPED, Fact.SHIPPED, OrderStatus.PENDING, "c-1 t-1", ""),
]


@pytest.mark.parametrize(("data", "fact", "status", "note", "reason"), FACTS)
async def test_a_fact_is_noted_with_its_event(
    data: OrderEvent, fact: Fact, status: OrderStatus, note: str, reason: str
) -> None:
    event = said(data)
    outcome = await note_fact(event, None, POLICY)
    assert isinstance(outcome, Decided)
    assert outcome.note == status.lower()
    known = outcome.state
    assert (known.facts, known.status, known.reason) == ((fact,), status, reason)
    assert known.history == (Entry(event.type, event.id, NOON, note),)
    assert known.items == (ORDERED.items if data in (RESERVED, PAID) else ())
    assert await note_fact(event, known, POLICY) == Ignored("duplicate")


@pytest.mark.parametrize(("data", "note"), [(RESERVED, "inventory_reserved"), (PAID, "paid")])
async def test_an_order_is_what_was_reserved_and_paid_whichever_event_is_heard_first(
    data: OrderEvent, note: str
) -> None:
    other = placed(items=({"product_id": "lamp", "quantity": 1, "unit_price": "1.00"},))
    first = await note_fact(said(data), None, POLICY)
    assert isinstance(first, Decided)
    second = await open_order(other, first.state, POLICY)
    assert isinstance(second, Decided)
    assert (second.state.items, second.state.total) == (ORDERED.items, TOTAL)
    assert second.note == note
    opened = (await open_order(other, None, POLICY)).state  # type: ignore[union-attr] # it decides
    corrected = await note_fact(said(data), opened, POLICY)
    assert isinstance(corrected, Decided)
    assert (corrected.state.items, corrected.state.total) == (ORDERED.items, TOTAL)


async def test_an_order_opens_only_once() -> None:
    opened = await open_order(placed(), None, POLICY)
    assert isinstance(opened, Decided)
    assert opened.state.items == ORDERED.items
    assert await open_order(placed(event_id="evt-2"), opened.state, POLICY) == Ignored("duplicate")


async def test_an_end_is_said_once_with_what_it_cost_or_why() -> None:
    opened = (await open_order(placed(), None, POLICY)).state  # type: ignore[union-attr] # it decides
    completed = await note_fact(said(SHIPPED), opened, POLICY)
    assert isinstance(completed, Decided)
    assert completed.answers == (OrderCompleted(order_id=ID, currency="GBP", total=TOTAL),)
    later = await note_fact(said(PAID), completed.state, POLICY)
    assert isinstance(later, Decided)
    assert later.answers == ()
    failed = InventoryReservationFailed(order_id=ID, reason="out_of_stock")
    cancelled = await note_fact(said(failed), opened, POLICY)
    assert isinstance(cancelled, Decided)
    assert cancelled.answers == (OrderCancelled(order_id=ID, reason="out_of_stock"),)


async def test_the_first_order_is_heard_after_its_end() -> None:
    """What closes it then is the order itself."""
    shipped = (await note_fact(said(SHIPPED), None, POLICY)).state  # type: ignore[union-attr] # it decides
    outcome = await open_order(placed(), shipped, POLICY)
    assert isinstance(outcome, Decided)
    assert outcome.answers == (OrderCompleted(order_id=ID, currency="GBP", total=TOTAL),)


@pytest.mark.parametrize("broken", [{"currency": None}, {"total": None}])
def test_a_closed_order_has_been_placed(broken: dict[str, None]) -> None:
    known: dict[str, Any] = {"currency": "GBP", "total": TOTAL, **broken}
    with pytest.raises(AssertionError, match=r"^a closed order has been placed$"):
        order.closing(None, Order(ID, status=OrderStatus.COMPLETED, **known))


def test_the_deadline_says_when_it_was() -> None:
    asked = order.cancellation_for(Order(ID, deadline=NOON))
    assert (asked.reason, asked.detail) == ("deadline", "not shipped by 2026-03-01T12:00:00Z")
    assert order.cancellation_for(Order(ID)).detail == "not shipped by its deadline"
