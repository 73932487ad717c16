"""The shipping service: its tables, its database, and the carrier that it books with."""

from quartet.engine.declaration.participant import ContainerSpec, Participant
from quartet.process.named_ports import PortByName
from quartet.process.service import Service, ServiceContext
from services.shipping.carrier import Carrier
from services.shipping.domain import Shipment
from services.shipping.handlers import GIVE_UP, HANDLERS, OPENS, SAYS
from services.shipping.simulated_carrier import SimulatedCarrier
from shared.events import REGISTRY

CARRIER_LEDGER = ContainerSpec("carrier-ledger")

PARTICIPANT = Participant(
    events=REGISTRY,
    name="shipping",
    database="shipping",
    container="shipments",
    state=Shipment,
    handlers=HANDLERS,
    give_up=GIVE_UP,
    opens=OPENS,
    says=SAYS,
    containers=(CARRIER_LEDGER,),
)


def simulated_carrier(context: ServiceContext) -> SimulatedCarrier:
    """The carrier that is not there. Only a deployment that asks for it by name gets it."""
    ledger = context.database.get_container_client(CARRIER_LEDGER.name)
    return SimulatedCarrier(ledger, context.settings.buckets, context.limits)


CARRIER = PortByName("CARRIER", "carrier", Carrier, simulated_carrier)

SERVICE = Service(PARTICIPANT, ports=CARRIER, module="services.shipping")
