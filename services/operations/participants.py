"""The four services by name, for the commands of the shop."""

from quartet.local.stack import simulated_ports
from services.inventory.service import PARTICIPANT as INVENTORY
from services.order.service import PARTICIPANT as ORDER
from services.payment.service import PARTICIPANT as PAYMENT
from services.payment.service import SERVICE as PAYMENT_SERVICE
from services.shipping.service import PARTICIPANT as SHIPPING
from services.shipping.service import SERVICE as SHIPPING_SERVICE
from services.shop import SHOP

PARTICIPANTS = SHOP.participants
SERVICES = SHOP.services
PORT_VARIABLES = SHOP.port_variables
"""The environment variables that choose the services' ports."""
SIMULATED_PORTS = simulated_ports(SHOP)
"""The settings of a local stack."""
NAMES = SHOP.names

__all__ = [
    "INVENTORY",
    "NAMES",
    "ORDER",
    "PARTICIPANTS",
    "PAYMENT",
    "PAYMENT_SERVICE",
    "PORT_VARIABLES",
    "SERVICES",
    "SHIPPING",
    "SHIPPING_SERVICE",
    "SIMULATED_PORTS",
]
