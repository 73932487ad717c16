"""The shipping service: its table, its database, and the carrier that it books with."""

from quartet import ContainerSpec, Participant, Service, on
from quartet.adapters import PortByName, ServiceContext
from services.shipping.carrier import Carrier
from services.shipping.domain import Shipment
from services.shipping.handlers import cancel_shipment, give_up_shipping, ship_order
from services.shipping.simulated_carrier import SimulatedCarrier
from shared.events import (
    REGISTRY,
    OrderCancellationRejected,
    OrderCancellationRequested,
    OrderShipped,
    PaymentCompleted,
    ShippingFailed,
)

CARRIER_LEDGER = ContainerSpec("carrier-ledger")

PARTICIPANT = Participant(
    events=REGISTRY,
    name="shipping",
    database="shipping",
    container="shipments",
    state=Shipment,
    reactions=(
        on(PaymentCompleted, ship_order, says={OrderShipped, ShippingFailed}, fallback=give_up_shipping, creates=True),
        # A cancellation that the carrier does not answer is neither granted nor rejected: it becomes a dead letter,
        # and is decided when it is redriven.
        on(OrderCancellationRequested, cancel_shipment, says={ShippingFailed, OrderCancellationRejected}),
    ),
    containers=(CARRIER_LEDGER,),
)


def simulated_carrier(context: ServiceContext) -> SimulatedCarrier:
    """The carrier that is not there. Only a deployment that asks for it by name gets it."""
    ledger = context.database.get_container_client(CARRIER_LEDGER.name)
    return SimulatedCarrier(ledger, context.settings.buckets, context.limits)


CARRIER: PortByName[Carrier] = PortByName("CARRIER", "carrier", Carrier, simulated_carrier)

SERVICE = Service(PARTICIPANT, ports=CARRIER, module="services.shipping")
