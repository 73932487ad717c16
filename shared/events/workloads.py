"""Orders for a benchmark: products of the sample catalogue, at its prices."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from quartet import Workload
from shared.events.data import OrderCancelled, OrderCompleted, OrderCreated
from shared.events.parts import Address, Item

_PRICES: Final = {
    "strings-violin-medium": "38.50",
    "strings-viola-medium": "46.90",
    "strings-cello-heavy": "129.00",
    "rosin-dark": "8.90",
    "rosin-amber": "9.40",
    "mute-rubber": "6.20",
    "stand-folding": "22.00",
    "stand-light": "17.60",
    "tuner-clip": "12.30",
    "endpin-stopper": "11.70",
    "peg-paste": "5.60",
}
_ADDRESS: Final = Address(
    recipient="Lena Fischer", street="Lindenweg 7", city="Berlin", postal_code="10115", country="DE"
)


def _order(product_id: str, payment_method: str) -> OrderCreated:
    return OrderCreated(
        order_id="bench",
        customer_id="customer-0001",
        currency="EUR",
        items=(Item(product_id=product_id, quantity=1, unit_price=Decimal(_PRICES[product_id])),),
        payment_method=payment_method,
        shipping_address=_ADDRESS,
    )


WORKLOADS: Final[Mapping[str, Workload]] = {
    "usual": Workload(tuple(_order(product, "tok_visa") for product in _PRICES), OrderCompleted),
    "failing": Workload(tuple(_order(product, "tok_declined") for product in _PRICES), OrderCancelled),
    "hot": Workload((_order("rosin-dark", "tok_visa"),), OrderCompleted),
}
"""One item each. Orders of `hot` all want the same product."""
