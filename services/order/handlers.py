"""What the order service does about what it hears: it keeps the status, and says when the saga has ended."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from quartet.engine.declaration.outcome import Decided, Ignored, Outcome, Rejected
from quartet.events import Event, EventData
from services.order import domain
from services.order.domain import Fact, Order, OrderPolicy
from shared.events import (
    CompensationFailed,
    InventoryReleased,
    InventoryReservationFailed,
    InventoryReserved,
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
    PaymentVoided,
    ShippingFailed,
)


async def open_order(event: Event[OrderCreated], order: Order | None, policy: OrderPolicy) -> Outcome[Order]:
    """Open the saga. The first `OrderCreated` of an order id counts."""
    if order is not None and order.knows(Fact.PLACED):
        if order.fingerprint == event.data.fingerprint():
            return Ignored("duplicate")
        return Rejected("conflicting_order", f"order {order.order_id} was placed before with other data")
    return _decided(order, domain.place(order, event, policy))


async def note_fact(
    event: Event[OrderEvent],
    order: Order | None,
    policy: OrderPolicy,  # noqa: ARG001 - every handler has this signature
) -> Outcome[Order]:
    """Note what a participant has said, also before the order itself has been heard of."""
    known = order or Order(event.data.order_id)
    if known.knows(domain.fact_in(event.data)):
        return Ignored("duplicate")
    return _decided(order, domain.note(known, event))


def _decided(before: Order | None, after: Order) -> Decided[Order]:
    return Decided(after, domain.closing(before, after), after.status.lower())


Handler: TypeAlias = Callable[[Event[Any], Order | None, OrderPolicy], Awaitable[Outcome[Order]]]

HANDLERS: Mapping[type[EventData], Handler] = {
    OrderCreated: open_order,
    InventoryReserved: note_fact,
    InventoryReservationFailed: note_fact,
    PaymentCompleted: note_fact,
    PaymentFailed: note_fact,
    OrderShipped: note_fact,
    ShippingFailed: note_fact,
    InventoryReleased: note_fact,
    PaymentRefunded: note_fact,
    PaymentVoided: note_fact,
    OrderCancellationRejected: note_fact,
    CompensationFailed: note_fact,
}

# It calls nobody who could fail to answer, so there is nothing to give up.
GIVE_UP: Mapping[type[EventData], Handler] = {}

OPENS: frozenset[type[EventData]] = frozenset({OrderCreated})

# The cancellation is what the deadline watch says.
SAYS: frozenset[type[EventData]] = frozenset({OrderCompleted, OrderCancelled, OrderCancellationRequested})
