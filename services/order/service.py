"""The order service: its table, its database, and the watch over its deadlines."""

from quartet.engine.declaration.participant import Participant
from quartet.engine.declaration.reaction import on
from quartet.process.service import Service, ServiceContext
from services.order.deadline import DeadlineWatch
from services.order.domain import Order, OrderPolicy
from services.order.handlers import note_fact, open_order
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

PARTICIPANT = Participant(
    events=REGISTRY,
    name="order",
    database="orders",
    container="orders",
    state=Order,
    reactions=(
        # None has a fallback: it calls nobody who could fail to answer, so there is nothing to give up.
        on(OrderCreated, open_order, creates=True),
        on(InventoryReserved, note_fact),
        on(InventoryReservationFailed, note_fact),
        on(PaymentCompleted, note_fact),
        on(PaymentFailed, note_fact),
        on(OrderShipped, note_fact),
        on(ShippingFailed, note_fact),
        on(InventoryReleased, note_fact),
        on(PaymentRefunded, note_fact),
        on(PaymentVoided, note_fact),
        on(OrderCancellationRejected, note_fact),
        on(CompensationFailed, note_fact),
    ),
    # The cancellation is what the deadline watch says.
    says={OrderCompleted, OrderCancelled, OrderCancellationRequested},
    acts_outside=False,
)


def policy(context: ServiceContext) -> OrderPolicy:
    """What this deployment has decided about orders."""
    return OrderPolicy(deadline=context.settings.order_deadline)


async def watch_deadlines(context: ServiceContext) -> None:
    """Ask for the cancellation of overdue orders, for ever."""
    await DeadlineWatch(context.database.get_container_client(PARTICIPANT.container), context).run()


SERVICE = Service(PARTICIPANT, ports=policy, background=(watch_deadlines,), module="services.order")
