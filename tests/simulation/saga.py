"""The saga as the simulation knows it: stated here a second time, from the design and not from the code.

Nothing here imports a service. A table or a formula that is wrong in the code must disagree with this one.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeAlias

Document: TypeAlias = dict[str, Any]

SERVICES: Final = ("order", "inventory", "payment", "shipping")
HEARS: Final[Mapping[str, frozenset[str]]] = {
    "order": frozenset(
        {
            "OrderCreated.v1",
            "InventoryReserved.v1",
            "InventoryReservationFailed.v1",
            "PaymentCompleted.v1",
            "PaymentFailed.v1",
            "OrderShipped.v1",
            "ShippingFailed.v1",
            "InventoryReleased.v1",
            "PaymentRefunded.v1",
            "PaymentVoided.v1",
            "OrderCancellationRejected.v1",
            "CompensationFailed.v1",
        }
    ),
    "inventory": frozenset({"OrderCreated.v1", "PaymentFailed.v1", "ShippingFailed.v1", "OrderShipped.v1"}),
    "payment": frozenset({"InventoryReserved.v1", "ShippingFailed.v1"}),
    "shipping": frozenset({"PaymentCompleted.v1", "OrderCancellationRequested.v1"}),
}
"""By service: what it acts on."""

ANSWERS: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    ("inventory", "OrderCreated.v1"): frozenset({"InventoryReserved.v1", "InventoryReservationFailed.v1"}),
    ("inventory", "PaymentFailed.v1"): frozenset({"InventoryReleased.v1", "CompensationFailed.v1"}),
    ("inventory", "ShippingFailed.v1"): frozenset({"InventoryReleased.v1", "CompensationFailed.v1"}),
    ("payment", "InventoryReserved.v1"): frozenset({"PaymentCompleted.v1", "PaymentFailed.v1"}),
    ("payment", "ShippingFailed.v1"): frozenset(
        {"PaymentRefunded.v1", "PaymentVoided.v1", "PaymentFailed.v1", "CompensationFailed.v1"}
    ),
    ("shipping", "PaymentCompleted.v1"): frozenset({"OrderShipped.v1", "ShippingFailed.v1"}),
    ("shipping", "OrderCancellationRequested.v1"): frozenset({"ShippingFailed.v1", "OrderCancellationRejected.v1"}),
} | {("order", kind): frozenset({"OrderCompleted.v1", "OrderCancelled.v1"}) for kind in HEARS["order"]}
"""By service and type of the cause: what it may say because of it."""

DECIMALS: Final[Mapping[str, int]] = {"GBP": 2, "EUR": 2, "USD": 2, "JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3, "CLF": 4}
"""The currencies that are used, with their decimals by ISO 4217."""

ENDED: Final = frozenset({"COMPLETED", "CANCELLED"})
_MONEY_IS_BACK: Final = frozenset({"PaymentFailed.v1", "PaymentRefunded.v1", "PaymentVoided.v1"})
_HOLDS_STOCK: Final = frozenset({"RESERVED", "RELEASE_FAILED"})


def total_of(items: Iterable[Mapping[str, Any]]) -> Decimal:
    """What the lines of an order cost together: each line at its own price."""
    total = Decimal(0)
    for item in items:
        total += Decimal(item["unit_price"]) * int(item["quantity"])
    return total


def pieces_of(items: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many pieces of each product there are, of all lines together."""
    pieces: dict[str, int] = {}
    for item in items:
        pieces[item["product_id"]] = pieces.get(item["product_id"], 0) + int(item["quantity"])
    return pieces


def same_lines(some: Sequence[Mapping[str, Any]], others: Sequence[Mapping[str, Any]]) -> bool:
    """Whether two orders ask for the same lines at the same prices, in the same order."""
    return [_line(item) for item in some] == [_line(item) for item in others]


def _line(item: Mapping[str, Any]) -> tuple[str, int, Decimal]:
    return item["product_id"], int(item["quantity"]), Decimal(item["unit_price"])


def is_amount(text: str, currency: str) -> bool:
    """Whether a text is an amount as it is written in this currency: with all its decimals and no more."""
    amount = Decimal(text)
    return amount >= 0 and amount.as_tuple().exponent == -DECIMALS[currency]


def end_of(heard: Collection[str]) -> str | None:
    """How an order has ended of which these types of events were heard; None if it has not."""
    if "OrderCreated.v1" not in heard:
        return None
    if "OrderShipped.v1" in heard:
        return "COMPLETED"
    is_undone = "InventoryReleased.v1" in heard and not _MONEY_IS_BACK.isdisjoint(heard)
    return "CANCELLED" if is_undone or "InventoryReservationFailed.v1" in heard else None


def nothing_to_do(service: str, kind: str, document: Document | None) -> bool:
    """Whether a service may pass over an event of this type without a trace, given what it has stored of the order."""
    if service == "order":
        return document is not None and any(entry["type"] == kind for entry in document.get("history", ()))
    return document is not None and "status" in document and _NOTHING_TO_DO[service, kind](document)


_NOTHING_TO_DO: Final[Mapping[tuple[str, str], Callable[[Document], bool]]] = {
    ("inventory", "OrderCreated.v1"): lambda reservation: reservation["status"] != "TOMBSTONE",
    ("inventory", "PaymentFailed.v1"): lambda reservation: reservation["status"] not in _HOLDS_STOCK,
    ("inventory", "ShippingFailed.v1"): lambda reservation: reservation["status"] not in _HOLDS_STOCK,
    ("inventory", "OrderShipped.v1"): lambda reservation: reservation["status"] == "SHIPPED",
    ("payment", "InventoryReserved.v1"): lambda _payment: True,
    ("payment", "ShippingFailed.v1"): lambda payment: payment["status"] in {"FAILED", "VOIDED", "REFUNDED"},
    ("shipping", "PaymentCompleted.v1"): lambda shipment: shipment["parcel"] is None or shipment["announced"],
    ("shipping", "OrderCancellationRequested.v1"): lambda shipment: shipment["status"] in {"FAILED", "CANCELLED"},
}
