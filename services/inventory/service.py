"""The inventory service: its tables, its database, and the stock that it keeps there."""

from quartet.engine.declaration.participant import ContainerSpec, Participant
from quartet.process.service import Service, ServiceContext
from services.inventory.cosmos_stock import CosmosStock
from services.inventory.domain import Reservation
from services.inventory.handlers import GIVE_UP, HANDLERS, OPENS, SAYS
from shared.events import REGISTRY

ITEMS = ContainerSpec("items", "/product_id")

PARTICIPANT = Participant(
    events=REGISTRY,
    name="inventory",
    database="inventory",
    container="reservations",
    state=Reservation,
    handlers=HANDLERS,
    give_up=GIVE_UP,
    opens=OPENS,
    says=SAYS,
    containers=(ITEMS,),
)


def stock(context: ServiceContext) -> CosmosStock:
    """The stock of this deployment."""
    return CosmosStock(context.database.get_container_client(ITEMS.name), context.limits)


SERVICE = Service(PARTICIPANT, ports=stock, module="services.inventory")
