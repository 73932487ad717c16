"""The handlers of payment."""

from typing import assert_never

from quartet import Ignored, Outcome
from quartet.events import Event
from services.payment import domain
from services.payment.domain import Charge, Payment, PaymentStatus
from services.payment.gateway import (
    AlreadyCharged,
    AlreadyDeclined,
    Charged,
    Declined,
    Gateway,
    Refunded,
    RefundRefused,
    Voided,
    charge_key,
    refund_key,
)
from shared.events import InventoryReserved, PaymentRefusal, ShippingFailed


async def charge_payment(
    event: Event[InventoryReserved], payment: Payment | None, gateway: Gateway
) -> Outcome[Payment]:
    """Charge the order's total, unless the order has failed already."""
    if payment is not None:
        return _already(payment)
    reserved = event.data
    answer = await gateway.charge(
        charge_key(reserved.order_id),
        reserved.total,
        reserved.currency,
        reserved.payment_method,
        reserved.order_id,
    )
    match answer:
        case Charged():
            return domain.charged(reserved, answer.payment_id)
        case Declined():
            return domain.failed(reserved.order_id, PaymentRefusal.PAYMENT_DECLINED, answer.reason)
        case Voided():
            # The process that voided it has not recorded that yet, and may be dead: do not leave it to that process. If
            # they live, one of the two writes first, and either answer ends the saga.
            return domain.failed(reserved.order_id, PaymentRefusal.VOIDED)
        case _:
            assert_never(answer)


async def refund_payment(event: Event[ShippingFailed], payment: Payment | None, gateway: Gateway) -> Outcome[Payment]:
    """Give the money back; where none was taken yet, make sure that none ever will be."""
    reason = event.data.reason
    if payment is None:
        return await _void_or_refund(event.data.order_id, reason, gateway)
    match payment.status:
        case PaymentStatus.REFUND_FAILED if payment.charge is None:
            return await _void_or_refund(event.data.order_id, reason, gateway)
        case PaymentStatus.CHARGED | PaymentStatus.REFUND_FAILED if payment.charge is not None:
            return await _refund(event.data.order_id, payment.charge, reason, gateway)
        case _:
            return _already(payment)


async def _void_or_refund(order_id: str, reason: str, gateway: Gateway) -> Outcome[Payment]:
    answer = await gateway.void(charge_key(order_id), order_id)
    match answer:
        case Voided():
            return domain.voided(order_id, reason)
        case AlreadyCharged():
            # Another owner of the partition has charged, and its write is not here yet.
            charge = Charge(answer.payment_id, answer.amount, answer.currency)
            return await _refund(order_id, charge, reason, gateway)
        case AlreadyDeclined():
            return domain.failed(order_id, PaymentRefusal.PAYMENT_DECLINED, answer.reason)
        case _:
            assert_never(answer)


async def _refund(order_id: str, charge: Charge, reason: str, gateway: Gateway) -> Outcome[Payment]:
    answer = await gateway.refund(refund_key(order_id), charge.payment_id, charge.amount, charge.currency, order_id)
    match answer:
        case Refunded():
            return domain.refunded(order_id, charge, answer.refund_id, reason)
        case RefundRefused():
            return domain.refund_failed(order_id, charge, answer.reason)
        case _:
            assert_never(answer)


async def give_up_charging(
    event: Event[InventoryReserved], payment: Payment | None, gateway: Gateway
) -> Outcome[Payment]:
    """The gateway did not answer: void the key before the charge counts as a failure."""
    if payment is not None:
        return _already(payment)
    answer = await gateway.void(charge_key(event.data.order_id), event.data.order_id)
    match answer:
        case Voided():
            return domain.failed(event.data.order_id, PaymentRefusal.GATEWAY_UNAVAILABLE)
        case AlreadyCharged():
            return domain.charged(event.data, answer.payment_id)
        case AlreadyDeclined():
            return domain.failed(event.data.order_id, PaymentRefusal.PAYMENT_DECLINED, answer.reason)
        case _:
            assert_never(answer)


async def give_up_refunding(
    event: Event[ShippingFailed],
    payment: Payment | None,
    gateway: Gateway,  # noqa: ARG001 - every handler has this signature
) -> Outcome[Payment]:
    """The refund is open, and a person must act."""
    if payment is not None and payment.status not in {PaymentStatus.CHARGED, PaymentStatus.REFUND_FAILED}:
        return _already(payment)
    charge = payment.charge if payment is not None else None
    return domain.refund_failed(event.data.order_id, charge, PaymentRefusal.GATEWAY_UNAVAILABLE)


def _already(payment: Payment) -> Ignored:
    return Ignored(f"already {payment.status.lower()}")
