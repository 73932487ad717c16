"""The payment service: its tables, its database, and the gateway that it charges through."""

from quartet.engine.declaration.participant import ContainerSpec, Participant
from quartet.process.named_ports import PortByName
from quartet.process.service import Service, ServiceContext
from services.payment.domain import Payment
from services.payment.gateway import Gateway
from services.payment.handlers import GIVE_UP, HANDLERS, OPENS, SAYS
from services.payment.simulated_gateway import SimulatedGateway
from shared.events import REGISTRY

GATEWAY_LEDGER = ContainerSpec("gateway-ledger")

PARTICIPANT = Participant(
    events=REGISTRY,
    name="payment",
    database="payments",
    container="payments",
    state=Payment,
    handlers=HANDLERS,
    give_up=GIVE_UP,
    opens=OPENS,
    says=SAYS,
    containers=(GATEWAY_LEDGER,),
)


def simulated_gateway(context: ServiceContext) -> SimulatedGateway:
    """The gateway that is not there. Only a deployment that asks for it by name gets it."""
    ledger = context.database.get_container_client(GATEWAY_LEDGER.name)
    return SimulatedGateway(ledger, context.settings.buckets, context.limits)


GATEWAY = PortByName("PAYMENT_GATEWAY", "payment gateway", Gateway, simulated_gateway)

SERVICE = Service(PARTICIPANT, ports=GATEWAY, module="services.payment")
