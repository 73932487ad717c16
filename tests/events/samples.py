"""One believable event of each type, and a strategy for many unbelievable ones."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from quartet.events import MINOR_UNITS, EventData
from shared.events import (
    Address,
    CompensationFailed,
    InventoryReleased,
    InventoryReservationFailed,
    InventoryReserved,
    Item,
    Line,
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
    Shortage,
)

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


def changed(path: str, value: object) -> dict[str, Any]:
    """The order with one value changed: `items.0.quantity`."""
    first, _, rest = path.partition(".")
    if not rest:
        return ORDER | {first: value}
    if first == "items":
        position, _, field = rest.partition(".")
        items = [dict(item) for item in ORDER["items"]]
        items[int(position)] |= {field: value}
        return ORDER | {"items": items}
    return ORDER | {first: ORDER[first] | {rest: value}}


def without(path: str) -> dict[str, Any]:
    """The order without one value."""
    first, _, rest = path.partition(".")
    if not rest:
        return {name: value for name, value in ORDER.items() if name != first}
    return ORDER | {first: {name: value for name, value in ORDER[first].items() if name != rest}}


def _prices(currency: str) -> st.SearchStrategy[str]:
    decimals = MINOR_UNITS[currency]
    return st.decimals(0, Decimal(10) ** 9, places=decimals).map(lambda price: format(price, "f"))


_ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", fullmatch=True)
_text = st.text(min_size=1, max_size=200).filter(
    lambda text: any(not (letter.isspace() or letter == "\ufeff") for letter in text)
)


@st.composite
def orders(draw: st.DrawFn) -> dict[str, Any]:
    """Any order that keeps the contract."""
    currency = draw(st.sampled_from(sorted(MINOR_UNITS)))
    item = st.fixed_dictionaries(
        {"product_id": _ids, "quantity": st.integers(1, 1_000_000), "unit_price": _prices(currency)}
    )
    address = {"recipient": _text, "street": _text, "city": _text, "postal_code": st.text(max_size=20)}
    return {
        "order_id": draw(st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)),
        "customer_id": draw(_text),
        "currency": currency,
        "items": draw(st.lists(item, min_size=1, max_size=50)),
        "payment_method": draw(st.from_regex(r"[!-~]{1,128}", fullmatch=True)),
        "shipping_address": draw(st.fixed_dictionaries(address)) | {"country": "NO"},
    }
