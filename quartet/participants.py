"""The four services as data: who they are and where they keep what they know."""

from typing import Any, Final

from services.inventory.service import PARTICIPANT as INVENTORY
from services.order.service import PARTICIPANT as ORDER
from services.payment.service import PARTICIPANT as PAYMENT
from services.shipping.service import PARTICIPANT as SHIPPING
from shared.runtime.participant import Participant

PARTICIPANTS: Final[tuple[Participant[Any], ...]] = (ORDER, INVENTORY, PAYMENT, SHIPPING)

__all__ = ["INVENTORY", "ORDER", "PARTICIPANTS", "PAYMENT", "SHIPPING"]
