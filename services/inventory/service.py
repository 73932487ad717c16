"""The inventory service: its table, its database, and the stock that it keeps there."""

from quartet import ContainerSpec, Participant, Service, on
from quartet.adapters import ServiceContext
from services.inventory.cosmos_stock import CosmosStock
from services.inventory.domain import Reservation
from services.inventory.handlers import give_up_releasing, give_up_reserving, release_stock, reserve_stock, ship_stock
from shared.events import (
    REGISTRY,
    CompensationFailed,
    InventoryReleased,
    InventoryReservationFailed,
    InventoryReserved,
    OrderCreated,
    OrderShipped,
    PaymentFailed,
    ShippingFailed,
)

ITEMS = ContainerSpec("items", "/product_id")

_RELEASE = (InventoryReleased, CompensationFailed)

PARTICIPANT = Participant(
    events=REGISTRY,
    name="inventory",
    database="inventory",
    container="reservations",
    state=Reservation,
    reactions=(
        on(
            OrderCreated,
            reserve_stock,
            says={InventoryReserved, InventoryReservationFailed},
            fallback=give_up_reserving,
            creates=True,
        ),
        on(PaymentFailed, release_stock, says=_RELEASE, fallback=give_up_releasing, undoes=True),
        on(ShippingFailed, release_stock, says=_RELEASE, fallback=give_up_releasing, undoes=True),
        # No service waits for a shipment that cannot be noted: it becomes a dead letter, and the items stay reserved
        # until it is redriven.
        on(OrderShipped, ship_stock),
    ),
    containers=(ITEMS,),
)


def stock(context: ServiceContext) -> CosmosStock:
    """The stock of this deployment."""
    return CosmosStock(context.database.get_container_client(ITEMS.name), context.limits)


SERVICE = Service(PARTICIPANT, ports=stock, module="services.inventory")
