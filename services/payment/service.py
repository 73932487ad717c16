"""The payment service: its table, its database, and the gateway that it charges through."""

from quartet import ContainerSpec, Participant, Service, on
from quartet.adapters import PortByName, ServiceContext
from services.payment.domain import Payment
from services.payment.gateway import Gateway
from services.payment.handlers import charge_payment, give_up_charging, give_up_refunding, refund_payment
from services.payment.simulated_gateway import SimulatedGateway
from shared.events import (
    REGISTRY,
    CompensationFailed,
    InventoryReserved,
    PaymentCompleted,
    PaymentFailed,
    PaymentRefunded,
    PaymentVoided,
    ShippingFailed,
)

GATEWAY_LEDGER = ContainerSpec("gateway-ledger")

PARTICIPANT = Participant(
    events=REGISTRY,
    name="payment",
    database="payments",
    container="payments",
    state=Payment,
    reactions=(
        on(
            InventoryReserved,
            charge_payment,
            says={PaymentCompleted, PaymentFailed},
            fallback=give_up_charging,
            creates=True,
        ),
        on(
            ShippingFailed,
            refund_payment,
            # A gateway that had declined the charge, and died before that was recorded, says so now.
            says={PaymentRefunded, PaymentVoided, PaymentFailed, CompensationFailed},
            fallback=give_up_refunding,
            undoes=True,
        ),
    ),
    containers=(GATEWAY_LEDGER,),
)


def simulated_gateway(context: ServiceContext) -> SimulatedGateway:
    """The gateway that is not there. Only a deployment that asks for it by name gets it."""
    ledger = context.database.get_container_client(GATEWAY_LEDGER.name)
    return SimulatedGateway(ledger, context.settings.buckets, context.limits)


GATEWAY: PortByName[Gateway] = PortByName("PAYMENT_GATEWAY", "payment gateway", Gateway, simulated_gateway)

SERVICE = Service(PARTICIPANT, ports=GATEWAY, module="services.payment")
