"""The events of one order, and what the ports know of it."""

from decimal import Decimal

from services.inventory import domain as inventory
from services.payment.domain import Charge
from services.shipping.domain import Parcel
from shared.events import (
    InventoryReserved,
    OrderCancellationRequested,
    OrderShipped,
    PaymentCompleted,
    PaymentFailed,
    ShippingFailed,
    Shortage,
    merged,
)
from tests.domain.shop import order_created

ID = "marple-1"
ORDERED = order_created()
LINES = merged(ORDERED.items)
PIECES = {"lamp": 2, "teacup": 6}
CLAIM = inventory.claim_of(ID, PIECES)
SHORT = (Shortage(product_id="lamp", requested=2, available=1),)
TOTAL = Decimal("67.60")
RESERVED = InventoryReserved(
    order_id=ID,
    customer_id="jane",
    currency="GBP",
    items=ORDERED.items,
    total=TOTAL,
    payment_method="tok_visa",
    shipping_address=ORDERED.shipping_address,
)
PAID = PaymentCompleted(
    order_id=ID,
    payment_id="pay-1",
    customer_id="jane",
    currency="GBP",
    amount=TOTAL,
    items=ORDERED.items,
    shipping_address=ORDERED.shipping_address,
)
DECLINED = PaymentFailed(order_id=ID, reason="payment_declined")
LOST = ShippingFailed(order_id=ID, reason="cancelled")
SHIPPED = OrderShipped(order_id=ID, shipment_id="s-1", tracking_number="t-1", carrier="c-1", items=LINES)
CHARGE = Charge("pay-1", TOTAL, "GBP")
PARCEL = Parcel("s-1", "t-1", "c-1")
ASKED = OrderCancellationRequested(order_id=ID, reason="customer", detail="it was the butler")
