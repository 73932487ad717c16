"""The order service: its tables, its database, and the watch over its deadlines."""

from quartet.engine.declaration.participant import Participant
from quartet.process.service import Service, ServiceContext
from services.order.deadline import DeadlineWatch
from services.order.domain import Order, OrderPolicy
from services.order.handlers import GIVE_UP, HANDLERS, OPENS, SAYS
from shared.events import REGISTRY

PARTICIPANT = Participant(
    events=REGISTRY,
    name="order",
    database="orders",
    container="orders",
    state=Order,
    handlers=HANDLERS,
    give_up=GIVE_UP,
    opens=OPENS,
    says=SAYS,
    acts_outside=False,
)


def policy(context: ServiceContext) -> OrderPolicy:
    """What this deployment has decided about orders."""
    return OrderPolicy(deadline=context.settings.order_deadline)


async def watch_deadlines(context: ServiceContext) -> None:
    """Ask for the cancellation of overdue orders, for ever."""
    await DeadlineWatch(context.database.get_container_client(PARTICIPANT.container), context).run()


SERVICE = Service(PARTICIPANT, ports=policy, background=(watch_deadlines,), module="services.order")
