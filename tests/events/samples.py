"""The shop's samples with something changed, and a strategy for many unbelievable orders."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from quartet.events import MINOR_UNITS
from shared.events.samples import ORDER, SAMPLES

__all__ = ["ORDER", "SAMPLES", "changed", "orders", "without"]


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
