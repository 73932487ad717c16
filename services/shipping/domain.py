"""What shipping knows about an order, and what follows from it.

Shipping owns the pivot: once the carrier has the parcel there is no way back, and until then there is no way
forward past a cancellation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from quartet import Decided
from quartet.events import EventData
from shared.events import (
    CancellationReason,
    OrderCancellationRejected,
    OrderShipped,
    PaymentCompleted,
    RejectionReason,
    ShippingFailed,
    ShippingRefusal,
    merged,
)


class ShipmentStatus(StrEnum):
    """Where the parcel is."""

    SHIPPED = "SHIPPED"
    """On its way."""
    FAILED = "FAILED"
    """Nowhere, and there will not be one: it could not be sent."""
    CANCELLED = "CANCELLED"
    """Nowhere, and there will not be one: the order was cancelled before (a tombstone)."""


SAID: Final[Mapping[ShipmentStatus, type[EventData]]] = {
    ShipmentStatus.SHIPPED: OrderShipped,
    ShipmentStatus.FAILED: ShippingFailed,
    ShipmentStatus.CANCELLED: ShippingFailed,
}
"""What shipping has said of an order that it has recorded with this status."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel that the carrier has accepted."""

    shipment_id: str
    tracking_number: str
    carrier: str


@dataclass(frozen=True, slots=True)
class Shipment:
    """One order, as shipping sees it.

    Attributes:
        order_id: Whose parcel it is.
        status: Where the parcel is.
        parcel: The parcel that the carrier has accepted, if any.
        announced: Whether `OrderShipped` has been said. It is not while the parcel is known from the carrier
            alone, because a cancellation asked before the payment was heard of here.
        reason: Why there is no parcel; empty if there is one.
    """

    order_id: str
    status: ShipmentStatus
    parcel: Parcel | None = None
    announced: bool = False
    reason: str = ""


def shipped(paid: PaymentCompleted, parcel: Parcel) -> Decided[Shipment]:
    """The carrier has taken the parcel: the saga can only go forward now."""
    said = OrderShipped(
        order_id=paid.order_id,
        shipment_id=parcel.shipment_id,
        tracking_number=parcel.tracking_number,
        carrier=parcel.carrier,
        items=merged(paid.items),
    )
    return Decided(Shipment(paid.order_id, ShipmentStatus.SHIPPED, parcel, announced=True), (said,), "shipped")


def failed(order_id: str, reason: ShippingRefusal, detail: str = "") -> Decided[Shipment]:
    """There is no parcel, and there will not be one."""
    return _ended(Shipment(order_id, ShipmentStatus.FAILED, reason=reason), reason, detail)


def cancelled(order_id: str, asked_for: str, detail: str = "") -> Decided[Shipment]:
    """The order will never be shipped, because a cancellation came in time."""
    timed_out = asked_for == CancellationReason.DEADLINE
    reason = ShippingRefusal.TIMED_OUT if timed_out else ShippingRefusal.CANCELLED
    return _ended(Shipment(order_id, ShipmentStatus.CANCELLED, reason=reason), reason, detail)


def _ended(shipment: Shipment, reason: ShippingRefusal, detail: str) -> Decided[Shipment]:
    said = ShippingFailed(order_id=shipment.order_id, reason=reason, detail=detail)
    return Decided(shipment, (said,), reason.value)


def too_late(shipment: Shipment) -> Decided[Shipment]:
    """The parcel is on its way."""
    said = OrderCancellationRejected(order_id=shipment.order_id, reason=RejectionReason.ALREADY_SHIPPED)
    return Decided(shipment, (said,), "too late to cancel")
