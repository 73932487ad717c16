"""A shop to test with: Miss Marple orders lamps and teacups."""

from datetime import UTC, datetime

from quartet.events import Event, new_event
from shared.events import OrderCreated

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

ADDRESS = {
    "recipient": "Jane Marple",
    "street": "Danemead, High Street",
    "city": "St Mary Mead",
    "postal_code": "SM1 1MM",
    "country": "GB",
}

LAMPS_AND_CUPS = (
    {"product_id": "lamp", "quantity": 2, "unit_price": "24.50"},
    {"product_id": "teacup", "quantity": 6, "unit_price": "3.10"},
)


def order_created(order_id: str = "marple-1", *, country: str = "GB", **changes: object) -> OrderCreated:
    """Two lamps and six teacups, for 67.60 pounds."""
    data = {
        "order_id": order_id,
        "customer_id": "jane",
        "currency": "GBP",
        "items": LAMPS_AND_CUPS,
        "payment_method": "tok_visa",
        "shipping_address": ADDRESS | {"country": country},
    }
    return OrderCreated.model_validate(data | changes)


def placed(
    order_id: str = "marple-1", *, event_id: str = "evt-1", country: str = "GB", **changes: object
) -> Event[OrderCreated]:
    """The same, as the event that the shop's web site sends."""
    data = order_created(order_id, country=country, **changes)
    return new_event(data, source="/shop", time=NOON, id=event_id)
