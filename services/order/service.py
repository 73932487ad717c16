"""The order service: its table, its database, and the watch over its deadlines."""

from quartet import Participant, Service, on
from quartet.adapters import ServiceContext
from services.order.deadline import DeadlineWatch
from services.order.domain import Order, OrderPolicy
from services.order.handlers import note_fact, open_order
from services.order.settings import OrderSettings
from shared.events import (
    REGISTRY,
    CompensationFailed,
    InventoryReleased,
    InventoryReservationFailed,
    InventoryReserved,
    OrderCancellationRejected,
    OrderCancellationRequested,
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderShipped,
    PaymentCompleted,
    PaymentFailed,
    PaymentRefunded,
    PaymentVoided,
    ShippingFailed,
)

# Events may come in any order: each of these may be the one that was missing.
_ENDS = (OrderCompleted, OrderCancelled)

PARTICIPANT = Participant(
    events=REGISTRY,
    name="order",
    database="orders",
    container="orders",
    state=Order,
    reactions=(
        # None has a fallback: it calls no port that could fail to answer, so there is nothing to give up.
        on(OrderCreated, open_order, says=_ENDS, creates=True),
        on(InventoryReserved, note_fact),
        on(InventoryReservationFailed, note_fact, says=_ENDS),
        on(PaymentCompleted, note_fact),
        on(PaymentFailed, note_fact, says=_ENDS),
        on(OrderShipped, note_fact, says=_ENDS),
        on(ShippingFailed, note_fact),
        on(InventoryReleased, note_fact, says=_ENDS),
        on(PaymentRefunded, note_fact, says=_ENDS),
        on(PaymentVoided, note_fact, says=_ENDS),
        on(OrderCancellationRejected, note_fact),
        on(CompensationFailed, note_fact),
    ),
    ends=_ENDS,
    also_says={OrderCancellationRequested},  # the deadline watch does
    acts_outside=False,
)


def policy(context: ServiceContext) -> OrderPolicy:
    """What this deployment has decided about orders."""
    return OrderPolicy(deadline=context.own(OrderSettings).order_deadline)


async def watch_deadlines(context: ServiceContext) -> None:
    """Ask for the cancellation of overdue orders, forever."""
    await DeadlineWatch(context.database.get_container_client(PARTICIPANT.container), context).run()


SERVICE = Service(
    PARTICIPANT, ports=policy, background=(watch_deadlines,), settings=OrderSettings, module="services.order"
)
