"""The four services as data: who they are, where they keep what they know, and how each is run."""

from typing import Any, Final

from quartet.engine.declaration.participant import Participant
from quartet.process.service import Service
from services.inventory.service import PARTICIPANT as INVENTORY
from services.inventory.service import SERVICE as INVENTORY_SERVICE
from services.order.service import PARTICIPANT as ORDER
from services.order.service import SERVICE as ORDER_SERVICE
from services.payment.service import PARTICIPANT as PAYMENT
from services.payment.service import SERVICE as PAYMENT_SERVICE
from services.shipping.service import PARTICIPANT as SHIPPING
from services.shipping.service import SERVICE as SHIPPING_SERVICE

PARTICIPANTS: Final[tuple[Participant[Any, Any], ...]] = (ORDER, INVENTORY, PAYMENT, SHIPPING)
SERVICES: Final[tuple[Service[Any, Any], ...]] = (ORDER_SERVICE, INVENTORY_SERVICE, PAYMENT_SERVICE, SHIPPING_SERVICE)

PORT_VARIABLES: Final = tuple(variable for service in SERVICES for variable in service.port_variables)
"""The environment variables that choose the services' ports."""

__all__ = [
    "INVENTORY",
    "ORDER",
    "PARTICIPANTS",
    "PAYMENT",
    "PAYMENT_SERVICE",
    "PORT_VARIABLES",
    "SERVICES",
    "SHIPPING",
    "SHIPPING_SERVICE",
]
