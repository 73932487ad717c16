"""What shipping knows about an order, and what follows from it.

Shipping owns the pivot: once the carrier has the parcel there is no way back, and until then there is no way
forward past a cancellation.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from shared.events import (
    CancellationReason,
    Line,
    OrderCancellationRejected,
    OrderShipped,
    RejectionReason,
    ShippingFailed,
    ShippingRefusal,
)


class ShipmentStatus(StrEnum):
    """Where the parcel is."""

    SHIPPED = "SHIPPED"
    """On its way."""
    FAILED = "FAILED"
    """Nowhere, and there will not be one: it could not be sent."""
    CANCELLED = "CANCELLED"
    """Nowhere, and there will not be one: the order was cancelled before (a tombstone)."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What the carrier has taken."""

    shipment_id: str
    tracking_number: str
    carrier: str


@dataclass(frozen=True, slots=True)
class Shipment:
    """One order, as shipping sees it.

    Attributes:
        order_id: Whose parcel it is.
        status: Where the parcel is.
        parcel: What the carrier has taken, if it has.
        announced: Whether `OrderShipped` has been said. It is not while the parcel is known from the carrier
            alone, because a cancellation asked before the payment was heard of here.
        reason: Why there is no parcel; empty if there is one.
    """

    order_id: str
    status: ShipmentStatus
    parcel: Parcel | None = None
    announced: bool = False
    reason: str = ""


def shipped(order_id: str, parcel: Parcel, lines: tuple[Line, ...]) -> tuple[Shipment, OrderShipped]:
    """The carrier has taken the parcel: the saga can only go forward now."""
    return Shipment(order_id, ShipmentStatus.SHIPPED, parcel, announced=True), OrderShipped(
        order_id=order_id,
        shipment_id=parcel.shipment_id,
        tracking_number=parcel.tracking_number,
        carrier=parcel.carrier,
        items=lines,
    )


def failed(order_id: str, reason: ShippingRefusal, detail: str = "") -> tuple[Shipment, ShippingFailed]:
    """There is no parcel, and there will not be one."""
    return Shipment(order_id, ShipmentStatus.FAILED, reason=reason), ShippingFailed(
        order_id=order_id, reason=reason, detail=detail
    )


def cancelled(order_id: str, asked_for: str, detail: str = "") -> tuple[Shipment, ShippingFailed]:
    """The order will never be shipped, because somebody asked for that in time."""
    timed_out = asked_for == CancellationReason.DEADLINE
    reason = ShippingRefusal.TIMED_OUT if timed_out else ShippingRefusal.CANCELLED
    shipment, said = failed(order_id, reason, detail)
    return replace(shipment, status=ShipmentStatus.CANCELLED), said


def too_late(order_id: str) -> OrderCancellationRejected:
    """The parcel is on its way."""
    return OrderCancellationRejected(order_id=order_id, reason=RejectionReason.ALREADY_SHIPPED)
