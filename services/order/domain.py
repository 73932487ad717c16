"""The order service's rules: the facts that it has heard about an order, and the status that follows from them.

Facts may come in any order. The status depends on which of them are known, not on when each became known.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from quartet import Decided
from quartet.events import Event, EventData, format_time
from shared.events import (
    UNSPECIFIED,
    CancellationReason,
    Compensation,
    CompensationFailed,
    InventoryReleased,
    InventoryReservationFailed,
    InventoryReserved,
    Item,
    OrderCancellationRejected,
    OrderCancellationRequested,
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderEvent,
    OrderShipped,
    PaymentCompleted,
    PaymentFailed,
    PaymentRefunded,
    PaymentRefusal,
    PaymentVoided,
    ShippingFailed,
    ShippingRefusal,
)


class Fact(StrEnum):
    """A fact about an order. Once heard, it stays true."""

    PLACED = "PLACED"
    RESERVED = "RESERVED"
    NOT_RESERVED = "NOT_RESERVED"
    PAID = "PAID"
    NOT_PAID = "NOT_PAID"
    SHIPPED = "SHIPPED"
    NOT_SHIPPED = "NOT_SHIPPED"
    RELEASED = "RELEASED"
    REFUNDED = "REFUNDED"
    VOIDED = "VOIDED"
    CANCELLATION_REJECTED = "CANCELLATION_REJECTED"
    REFUND_FAILED = "REFUND_FAILED"
    RELEASE_FAILED = "RELEASE_FAILED"


class OrderStatus(StrEnum):
    """How far the saga is."""

    PENDING = "PENDING"
    INVENTORY_RESERVED = "INVENTORY_RESERVED"
    PAID = "PAID"
    COMPLETED = "COMPLETED"
    """Ended: shipped, and everything is kept."""
    COMPENSATING = "COMPENSATING"
    """Failed; not everything is known to be undone yet."""
    CANCELLED = "CANCELLED"
    """Ended: everything was undone or never done."""
    NEEDS_ATTENTION = "NEEDS_ATTENTION"
    """Failed, and a compensation could not be done: a person must act."""


CLOSED = frozenset({OrderStatus.COMPLETED, OrderStatus.CANCELLED})
CAN_TIME_OUT = frozenset({OrderStatus.PENDING, OrderStatus.INVENTORY_RESERVED, OrderStatus.PAID})

_MONEY_IS_BACK = frozenset({Fact.NOT_PAID, Fact.REFUNDED, Fact.VOIDED})
_STOCK_IS_BACK = frozenset({Fact.NOT_RESERVED, Fact.RELEASED})
_VAGUE = frozenset({PaymentRefusal.VOIDED, ShippingRefusal.VOIDED, UNSPECIFIED})
_FAILURES = _MONEY_IS_BACK | _STOCK_IS_BACK | {Fact.NOT_SHIPPED}


def status_of(facts: AbstractSet[Fact]) -> OrderStatus:
    """The status that follows from the known facts, in any order of events.

    An order is not closed before its `OrderCreated` was heard, even if all other facts are known.
    """
    placed = Fact.PLACED in facts
    if placed and Fact.SHIPPED in facts:
        return OrderStatus.COMPLETED
    undone = Fact.RELEASED in facts and not facts.isdisjoint(_MONEY_IS_BACK)
    if placed and (Fact.NOT_RESERVED in facts or undone):
        return OrderStatus.CANCELLED
    if _is_stuck(facts):
        return OrderStatus.NEEDS_ATTENTION
    if not facts.isdisjoint(_FAILURES):
        return OrderStatus.COMPENSATING
    if Fact.PAID in facts:
        return OrderStatus.PAID
    return OrderStatus.INVENTORY_RESERVED if Fact.RESERVED in facts else OrderStatus.PENDING


def _is_stuck(facts: AbstractSet[Fact]) -> bool:
    """Whether a compensation has failed whose confirmation has not come since."""
    return (Fact.REFUND_FAILED in facts and facts.isdisjoint(_MONEY_IS_BACK)) or (
        Fact.RELEASE_FAILED in facts and facts.isdisjoint(_STOCK_IS_BACK)
    )


@dataclass(frozen=True, slots=True)
class OrderPolicy:
    """The settings of the deployment about orders.

    Attributes:
        deadline: How long an order may take that brings no deadline of its own.
    """

    deadline: timedelta


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an order's history: which event said what, when."""

    type: str
    event_id: str
    time: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """One order, as the order service sees it. What `OrderCreated` says is absent until it has been heard.

    Attributes:
        order_id: Its id.
        status: Follows from the facts; stored so that it can be queried.
        facts: The facts that were heard, each once, in the order of hearing.
        history: The events that said it.
        reason: Why it failed; empty while all is well.
        customer_id: The customer.
        currency: The currency of the payment.
        total: The total.
        items: The ordered items.
        placed_at: When it was placed.
        deadline: When it is given up if it has not shipped.
        fingerprint: Of the `OrderCreated` that counts, to tell a repeat from a conflict.
    """

    order_id: str
    status: OrderStatus = OrderStatus.PENDING
    facts: tuple[Fact, ...] = ()
    history: tuple[Entry, ...] = ()
    reason: str = ""
    customer_id: str | None = None
    currency: str | None = None
    total: Decimal | None = None
    items: tuple[Item, ...] = ()
    placed_at: datetime | None = None
    deadline: datetime | None = None
    fingerprint: str | None = None

    def knows(self, fact: Fact) -> bool:
        """Whether the fact has been heard."""
        return fact in self.facts

    def learn(self, fact: Fact, event: Event[Any], note: str = "", reason: str = "") -> "Order":
        """The order with one more fact, and the status that follows.

        The first reason stays, unless it says little and a better one comes.
        """
        facts = (*self.facts, fact)
        known = self.reason if self.reason not in _VAGUE else ""
        return replace(
            self,
            status=status_of(frozenset(facts)),
            facts=facts,
            history=(*self.history, Entry(event.type, event.id, event.time, note)),
            reason=known or reason or self.reason,
        )


def place(known: Order | None, event: Event[OrderCreated], policy: OrderPolicy) -> Decided[Order]:
    """The order has been placed. Facts that were heard before are kept, and what was reserved or paid counts."""
    data = event.data
    order = known or Order(data.order_id)
    if not order.knows(Fact.RESERVED) and not order.knows(Fact.PAID):
        order = _agreed(order, data)
    order = replace(
        order,
        placed_at=event.time,
        deadline=deadline_of(event, policy),
        fingerprint=data.fingerprint(),
    )
    return _decided(known, order.learn(Fact.PLACED, event, note=f"{order.total} {order.currency}"))


def deadline_of(event: Event[OrderCreated], policy: OrderPolicy) -> datetime:
    """When the order is given up if it has not shipped: by its own deadline, or by that of the deployment."""
    return event.data.complete_by or event.time + policy.deadline


def _agreed(order: Order, data: OrderCreated | InventoryReserved | PaymentCompleted) -> Order:
    """The content of the order. Of two different orders under one id, inventory decides which one counts.

    In one partition, both services hear the same one first. Sent with different partition keys, the two may reach them
    in different orders, and it is what inventory has reserved that is paid and shipped. Where each service has a hub of
    its own, the payment may be heard of before the reservation.
    """
    total = data.amount if isinstance(data, PaymentCompleted) else data.total
    return replace(order, customer_id=data.customer_id, currency=data.currency, total=total, items=data.items)


_FACTS: dict[type[EventData], Fact] = {
    InventoryReserved: Fact.RESERVED,
    InventoryReservationFailed: Fact.NOT_RESERVED,
    PaymentCompleted: Fact.PAID,
    PaymentFailed: Fact.NOT_PAID,
    OrderShipped: Fact.SHIPPED,
    ShippingFailed: Fact.NOT_SHIPPED,
    InventoryReleased: Fact.RELEASED,
    PaymentRefunded: Fact.REFUNDED,
    PaymentVoided: Fact.VOIDED,
    OrderCancellationRejected: Fact.CANCELLATION_REJECTED,
}
_FAILED_COMPENSATIONS = {
    Compensation.REFUND: Fact.REFUND_FAILED,
    Compensation.RELEASE: Fact.RELEASE_FAILED,
}


def fact_in(data: EventData) -> Fact:
    """Which fact an event says."""
    return fact_of(type(data), data.compensation if isinstance(data, CompensationFailed) else None)


def fact_of(event: type[EventData], compensation: str | None = None) -> Fact:
    """Which fact an event of this type says; for a `CompensationFailed`, of this compensation."""
    if compensation is not None and event is CompensationFailed:
        return _FAILED_COMPENSATIONS[Compensation(compensation)]
    return _FACTS[event]


def note(known: Order | None, event: Event[OrderEvent]) -> Decided[Order]:
    """A participant has said something, maybe before the order itself has been heard of."""
    return _decided(known, _noted(known or Order(event.data.order_id), event))


def _noted(order: Order, event: Event[OrderEvent]) -> Order:
    fact = fact_in(event.data)
    match event.data:
        case (
            InventoryReservationFailed()
            | PaymentFailed()
            | ShippingFailed()
            | InventoryReleased()
            | PaymentRefunded()
            | PaymentVoided()
        ) as said:
            return order.learn(fact, event, note=said.reason, reason=said.reason)
        case OrderCancellationRejected() | CompensationFailed() as said:
            return order.learn(fact, event, note=said.reason)
        case OrderShipped() as said:
            return order.learn(fact, event, note=f"{said.carrier} {said.tracking_number}")
        case (InventoryReserved() | PaymentCompleted()) as said:
            return _agreed(order, said).learn(fact, event)
        case _:
            return order.learn(fact, event)


def _decided(before: Order | None, after: Order) -> Decided[Order]:
    return Decided(after, closing(before, after), after.status.lower())


def closing(before: Order | None, after: Order) -> tuple[EventData, ...]:
    """What there is to say if this fact has closed the order."""
    if after.status not in CLOSED or (before is not None and before.status in CLOSED):
        return ()
    if after.status is OrderStatus.CANCELLED:
        return (OrderCancelled(order_id=after.order_id, reason=after.reason or UNSPECIFIED),)
    if after.currency is None or after.total is None:
        raise AssertionError("a closed order has been placed")
    return (OrderCompleted(order_id=after.order_id, currency=after.currency, total=after.total),)


def is_overdue(order: Order, now: datetime) -> bool:
    """Whether it should have shipped by now, and nothing has been said against it yet."""
    return order.deadline is not None and order.status in CAN_TIME_OUT and order.deadline <= now


def cancellation_for(order: Order) -> OrderCancellationRequested:
    """The cancellation request of the deadline watch for an overdue order. Shipping decides, as always."""
    deadline = format_time(order.deadline) if order.deadline is not None else "its deadline"
    return OrderCancellationRequested(
        order_id=order.order_id, reason=CancellationReason.DEADLINE, detail=f"not shipped by {deadline}"
    )
