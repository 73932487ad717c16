"""What payment knows about an order, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from quartet import Decided
from quartet.events import EventData
from shared.events import (
    Compensation,
    CompensationFailed,
    InventoryReserved,
    PaymentCompleted,
    PaymentFailed,
    PaymentRefunded,
    PaymentRefusal,
    PaymentVoided,
)


class PaymentStatus(StrEnum):
    """Where the order's money is."""

    CHARGED = "CHARGED"
    """With us."""
    FAILED = "FAILED"
    """With the customer: the charge failed, and will never be made."""
    VOIDED = "VOIDED"
    """With the customer: shipping failed before the charge, which will never be made (a tombstone)."""
    REFUNDED = "REFUNDED"
    """With the customer again."""
    REFUND_FAILED = "REFUND_FAILED"
    """With us although it should not be, or not known to be with the customer: the refund is owed."""


SAID: Final[Mapping[PaymentStatus, type[EventData]]] = {
    PaymentStatus.CHARGED: PaymentCompleted,
    PaymentStatus.FAILED: PaymentFailed,
    PaymentStatus.VOIDED: PaymentVoided,
    PaymentStatus.REFUNDED: PaymentRefunded,
    PaymentStatus.REFUND_FAILED: CompensationFailed,
}
"""What payment has said of an order that it has recorded with this status."""


@dataclass(frozen=True, slots=True)
class Charge:
    """Money that was taken."""

    payment_id: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Payment:
    """One order, as payment sees it.

    Attributes:
        order_id: The order.
        status: Where the money is.
        charge: The charge that was made, if any. Without it, `REFUND_FAILED` means that it is not known yet.
        refund_id: The gateway's id of the refund, if there was one.
        reason: Why it failed, is void, or was to be given back; empty while all is well.
    """

    order_id: str
    status: PaymentStatus
    charge: Charge | None = None
    refund_id: str | None = None
    reason: str = ""


def charged(reserved: InventoryReserved, payment_id: str) -> Decided[Payment]:
    """The customer has paid the total."""
    charge = Charge(payment_id, reserved.total, reserved.currency)
    completed = PaymentCompleted(
        order_id=reserved.order_id,
        payment_id=payment_id,
        customer_id=reserved.customer_id,
        currency=reserved.currency,
        amount=reserved.total,
        items=reserved.items,
        shipping_address=reserved.shipping_address,
    )
    return Decided(Payment(reserved.order_id, PaymentStatus.CHARGED, charge), (completed,), "charged")


def failed(order_id: str, reason: PaymentRefusal, detail: str = "") -> Decided[Payment]:
    """Nothing was taken, and nothing will be."""
    said = PaymentFailed(order_id=order_id, reason=reason, detail=detail)
    return Decided(Payment(order_id, PaymentStatus.FAILED, reason=reason), (said,), reason.value)


def voided(order_id: str, reason: str) -> Decided[Payment]:
    """There was nothing to refund, and there never will be."""
    said = PaymentVoided(order_id=order_id, reason=reason)
    return Decided(Payment(order_id, PaymentStatus.VOIDED, reason=reason), (said,), "voided")


def refunded(order_id: str, charge: Charge, refund_id: str, reason: str) -> Decided[Payment]:
    """The customer has got the charge back."""
    said = PaymentRefunded(
        order_id=order_id, refund_id=refund_id, currency=charge.currency, amount=charge.amount, reason=reason
    )
    return Decided(Payment(order_id, PaymentStatus.REFUNDED, charge, refund_id, reason), (said,), "refunded")


def refund_failed(order_id: str, charge: Charge | None, reason: str) -> Decided[Payment]:
    """The refund is owed. Without a charge, it is not known whether there is anything to give back."""
    state = Payment(order_id, PaymentStatus.REFUND_FAILED, charge, reason=reason)
    said = CompensationFailed(order_id=order_id, compensation=Compensation.REFUND, reason=reason)
    return Decided(state, (said,), "refund failed", owed=f"the refund: {reason}")
