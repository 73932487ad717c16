"""The events of the saga: one model for the data of each.

An event carries what the next participant needs, so that no service has to ask another one.
"""

from decimal import Decimal
from typing import ClassVar, Final

from pydantic import field_validator

from quartet.events import OUTSIDE, Code, Currency, Detail, EventData, Moment, Money, Reference, Text, fit_amount
from shared.events.fields import OrderId
from shared.events.parts import Address, Items, Lines, Shortages, fit_items, total_of
from shared.events.reasons import UNSPECIFIED, Compensation

# Fields that say in a word what an event is about.
_TELLING: Final = ("reason", "compensation", "tracking_number", "detail")


class OrderEvent(EventData):
    """What every event of the shop has: the order that it is about. An order is a saga."""

    order_id: OrderId

    @property
    def remark(self) -> str:
        """Why, what and how much, as far as the event says."""
        content = self.to_json()
        words = [str(content[name]) for name in _TELLING if content.get(name)]
        words += [f"{content[name]} {content['currency']}" for name in ("total", "amount") if name in content]
        return "  ".join(words)


class OrderCreated(OrderEvent):
    """A customer has placed an order. Said by the shop that takes it; the first one of an order id wins."""

    type: ClassVar[str] = "OrderCreated.v1"
    said_by: ClassVar[tuple[str, ...]] = (OUTSIDE,)

    customer_id: Text
    currency: Currency
    items: Items
    payment_method: Reference
    shipping_address: Address
    complete_by: Moment | None = None
    """The order's own deadline; without it, the order service's policy sets one."""

    _fit_items = field_validator("items")(fit_items)

    @property
    def total(self) -> Decimal:
        """The total of the order."""
        return total_of(self.items)

    @property
    def remark(self) -> str:
        """The ordered items, and their total."""
        pieces = ", ".join(f"{item.quantity} x {item.product_id}" for item in self.items)
        return f"{pieces}  {self.total} {self.currency}"


class InventoryReserved(OrderEvent):
    """Inventory holds all items of the order."""

    type: ClassVar[str] = "InventoryReserved.v1"
    said_by: ClassVar[tuple[str, ...]] = ("inventory",)

    customer_id: Text
    currency: Currency
    items: Items
    total: Money
    payment_method: Reference
    shipping_address: Address

    _fit_items = field_validator("items")(fit_items)
    _fit_total = field_validator("total")(fit_amount)


class InventoryReservationFailed(OrderEvent):
    """Inventory holds nothing for the order and never will. `reason`: see `StockRefusal`."""

    type: ClassVar[str] = "InventoryReservationFailed.v1"
    said_by: ClassVar[tuple[str, ...]] = ("inventory",)

    reason: Code
    shortages: Shortages = ()


class PaymentCompleted(OrderEvent):
    """The customer has paid."""

    type: ClassVar[str] = "PaymentCompleted.v1"
    said_by: ClassVar[tuple[str, ...]] = ("payment",)

    payment_id: Reference
    customer_id: Text
    currency: Currency
    amount: Money
    items: Items
    shipping_address: Address

    _fit_items = field_validator("items")(fit_items)
    _fit_amount = field_validator("amount")(fit_amount)


class PaymentFailed(OrderEvent):
    """Payment has taken no money and never will. `reason`: see `PaymentRefusal`."""

    type: ClassVar[str] = "PaymentFailed.v1"
    said_by: ClassVar[tuple[str, ...]] = ("payment",)

    reason: Code
    detail: Detail = ""


class OrderShipped(OrderEvent):
    """The order is on its way: the pivot, after which there is no way back. One line per product."""

    type: ClassVar[str] = "OrderShipped.v1"
    said_by: ClassVar[tuple[str, ...]] = ("shipping",)

    shipment_id: Reference
    tracking_number: Reference
    carrier: Text
    items: Lines


class ShippingFailed(OrderEvent):
    """Shipping has shipped nothing and never will. `reason`: see `ShippingRefusal`."""

    type: ClassVar[str] = "ShippingFailed.v1"
    said_by: ClassVar[tuple[str, ...]] = ("shipping",)

    reason: Code
    detail: Detail = ""


class InventoryReleased(OrderEvent):
    """What inventory held for the order is available again. One line per product."""

    type: ClassVar[str] = "InventoryReleased.v1"
    said_by: ClassVar[tuple[str, ...]] = ("inventory",)

    items: Lines
    reason: Code = UNSPECIFIED
    """Why the order failed, for a reader that has not heard of it yet; so in the next two events."""


class PaymentRefunded(OrderEvent):
    """The customer has got the money back."""

    type: ClassVar[str] = "PaymentRefunded.v1"
    said_by: ClassVar[tuple[str, ...]] = ("payment",)

    refund_id: Reference
    currency: Currency
    amount: Money
    reason: Code = UNSPECIFIED

    _fit_amount = field_validator("amount")(fit_amount)


class PaymentVoided(OrderEvent):
    """Payment had taken nothing, and has made sure that it never will: there is nothing to refund."""

    type: ClassVar[str] = "PaymentVoided.v1"
    said_by: ClassVar[tuple[str, ...]] = ("payment",)

    reason: Code = UNSPECIFIED


class OrderCancellationRequested(OrderEvent):
    """A customer or the deadline asks to cancel the order. `reason`: see `CancellationReason`; shipping decides."""

    type: ClassVar[str] = "OrderCancellationRequested.v1"
    said_by: ClassVar[tuple[str, ...]] = (OUTSIDE, "order")

    reason: Code
    detail: Detail = ""


class OrderCancellationRejected(OrderEvent):
    """The order can no longer be cancelled. `reason`: see `RejectionReason`."""

    type: ClassVar[str] = "OrderCancellationRejected.v1"
    said_by: ClassVar[tuple[str, ...]] = ("shipping",)

    reason: Code


class CompensationFailed(OrderEvent):
    """A compensation is owed and could not be done: a person must look, and redrive what asked for it."""

    type: ClassVar[str] = "CompensationFailed.v1"
    said_by: ClassVar[tuple[str, ...]] = ("inventory", "payment")

    compensation: Compensation
    reason: Detail

    @property
    def discriminator(self) -> str:
        """Payment and inventory may both fail to compensate because of the same event."""
        return self.compensation


class OrderCompleted(OrderEvent):
    """The saga has ended: paid, shipped, and the stock has left the warehouse."""

    type: ClassVar[str] = "OrderCompleted.v1"
    said_by: ClassVar[tuple[str, ...]] = ("order",)

    currency: Currency
    total: Money

    _fit_total = field_validator("total")(fit_amount)


class OrderCancelled(OrderEvent):
    """The saga has ended, and every participant has said that its work was undone or never done."""

    type: ClassVar[str] = "OrderCancelled.v1"
    said_by: ClassVar[tuple[str, ...]] = ("order",)

    reason: Code
    """The refusal that ended it: a value of `StockRefusal`, `PaymentRefusal` or `ShippingRefusal`."""
