"""One believable event of each type."""

from typing import Any

from quartet.events import EventData
from shared.events.data import (
    CompensationFailed,
    InventoryReleased,
    InventoryReservationFailed,
    InventoryReserved,
    OrderCancellationRejected,
    OrderCancellationRequested,
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderShipped,
    PaymentCompleted,
    PaymentFailed,
    PaymentRefunded,
    PaymentVoided,
    ShippingFailed,
)
from shared.events.parts import Address, Item, Line, Shortage

ORDER: dict[str, Any] = {
    "order_id": "ahab-1851",
    "customer_id": "captain ahab",
    "currency": "USD",
    "items": [
        {"product_id": "harpoon", "quantity": 12, "unit_price": "19.90"},
        {"product_id": "rope.hemp:100m", "quantity": 3, "unit_price": "45.00"},
    ],
    "payment_method": "tok_visa",
    "shipping_address": {
        "recipient": "Captain Ahab",
        "street": "Pequod, Pier 3",
        "city": "Nantucket",
        "postal_code": "02554",
        "country": "US",
    },
    "complete_by": "2026-03-01T13:00:00Z",
}

_created = OrderCreated.model_validate(ORDER)
_address = Address.model_validate(ORDER["shipping_address"])
_items: tuple[Item, ...] = _created.items
_lines = tuple(Line(product_id=item.product_id, quantity=item.quantity) for item in _items)
_who = {"order_id": "ahab-1851"}

SAMPLES: tuple[EventData, ...] = (
    _created,
    InventoryReserved(
        **_who,
        customer_id="captain ahab",
        currency="USD",
        items=_items,
        total=_created.total,
        payment_method="tok_visa",
        shipping_address=_address,
    ),
    InventoryReservationFailed(
        **_who,
        reason="out_of_stock",
        shortages=(
            Shortage(product_id="harpoon", requested=12, available=11),
            Shortage(product_id="rope", requested=3),
        ),
    ),
    PaymentCompleted(
        **_who,
        payment_id="pay-1",
        customer_id="captain ahab",
        currency="USD",
        amount=_created.total,
        items=_items,
        shipping_address=_address,
    ),
    PaymentFailed(**_who, reason="payment_declined", detail="the bank has met this whale"),
    OrderShipped(**_who, shipment_id="s-1", tracking_number="T-1", carrier="Nantucket Sleighride", items=_lines),
    ShippingFailed(**_who, reason="cancelled", detail="call me"),
    InventoryReleased(**_who, items=_lines, reason="cancelled"),
    PaymentRefunded(**_who, refund_id="r-1", currency="USD", amount=_created.total, reason="cancelled"),
    PaymentVoided(**_who, reason="cancelled"),
    OrderCancellationRequested(**_who, reason="customer", detail="he has found it"),
    OrderCancellationRejected(**_who, reason="already_shipped"),
    CompensationFailed(**_who, compensation="refund", reason="the bank keeps it"),
    OrderCompleted(**_who, currency="USD", total=_created.total),
    OrderCancelled(**_who, reason="out_of_stock"),
)
