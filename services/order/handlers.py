"""The handlers of the order service: it keeps the status, and says when the saga has ended."""

from quartet import Ignored, Outcome, Rejected
from quartet.events import Event
from services.order import domain
from services.order.domain import Fact, Order, OrderPolicy
from shared.events import OrderCreated, OrderEvent


async def open_order(event: Event[OrderCreated], order: Order | None, policy: OrderPolicy) -> Outcome[Order]:
    """Open the saga. The first `OrderCreated` of an order id counts."""
    if order is not None and order.knows(Fact.PLACED):
        if order.fingerprint == event.data.fingerprint():
            return Ignored("duplicate")
        return Rejected("conflicting_order", f"order {order.order_id} was placed before with other data")
    return domain.place(order, event, policy)


async def note_fact(
    event: Event[OrderEvent],
    order: Order | None,
    policy: OrderPolicy,  # noqa: ARG001 - every handler has this signature
) -> Outcome[Order]:
    """Note a fact, also before the order's own `OrderCreated`."""
    if order is not None and order.knows(domain.fact_in(event.data)):
        return Ignored("duplicate")
    return domain.note(order, event)
