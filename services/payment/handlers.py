"""What payment does about what it hears."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias, assert_never

from quartet.engine.declaration.outcome import Decided, Ignored, Outcome
from quartet.events import Event, EventData
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
from shared.events import (
    CompensationFailed,
    InventoryReserved,
    PaymentCompleted,
    PaymentFailed,
    PaymentRefunded,
    PaymentRefusal,
    PaymentVoided,
    ShippingFailed,
)


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
            return _charged(reserved, answer.payment_id)
        case Declined():
            return _failed(reserved.order_id, PaymentRefusal.PAYMENT_DECLINED, answer.reason)
        case Voided():
            # Whoever voided it has not written it down yet, and may be dead: it cannot be left to them. If
            # they live, one of the two writes first, and either answer ends the saga.
            return _failed(reserved.order_id, PaymentRefusal.VOIDED)
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
            state, said = domain.voided(order_id, reason)
            return Decided(state, (said,), "voided")
        case AlreadyCharged():
            # Another owner of the partition has charged, and its write is not here yet.
            charge = Charge(answer.payment_id, answer.amount, answer.currency)
            return await _refund(order_id, charge, reason, gateway)
        case AlreadyDeclined():
            return _failed(order_id, PaymentRefusal.PAYMENT_DECLINED, answer.reason)
        case _:
            assert_never(answer)


async def _refund(order_id: str, charge: Charge, reason: str, gateway: Gateway) -> Outcome[Payment]:
    answer = await gateway.refund(refund_key(order_id), charge.payment_id, charge.amount, charge.currency, order_id)
    match answer:
        case Refunded():
            state, said = domain.refunded(order_id, charge, answer.refund_id, reason)
            return Decided(state, (said,), "refunded")
        case RefundRefused():
            return _refund_failed(order_id, charge, answer.reason)
        case _:
            assert_never(answer)


async def give_up_charging(
    event: Event[InventoryReserved], payment: Payment | None, gateway: Gateway
) -> Outcome[Payment]:
    """The gateway did not answer: what is not known must be voided before it may be called a failure."""
    if payment is not None:
        return _already(payment)
    answer = await gateway.void(charge_key(event.data.order_id), event.data.order_id)
    match answer:
        case Voided():
            return _failed(event.data.order_id, PaymentRefusal.GATEWAY_UNAVAILABLE)
        case AlreadyCharged():
            return _charged(event.data, answer.payment_id)
        case AlreadyDeclined():
            return _failed(event.data.order_id, PaymentRefusal.PAYMENT_DECLINED, answer.reason)
        case _:
            assert_never(answer)


async def give_up_refunding(
    event: Event[ShippingFailed],
    payment: Payment | None,
    gateway: Gateway,  # noqa: ARG001 - every handler has this signature
) -> Outcome[Payment]:
    """The refund is owed, and a person must see to it."""
    if payment is not None and payment.status not in {PaymentStatus.CHARGED, PaymentStatus.REFUND_FAILED}:
        return _already(payment)
    charge = payment.charge if payment is not None else None
    return _refund_failed(event.data.order_id, charge, PaymentRefusal.GATEWAY_UNAVAILABLE)


def _already(payment: Payment) -> Ignored:
    return Ignored(f"already {payment.status.lower()}")


def _charged(reserved: InventoryReserved, payment_id: str) -> Decided[Payment]:
    state, said = domain.charged(reserved, payment_id)
    return Decided(state, (said,), "charged")


def _failed(order_id: str, reason: PaymentRefusal, detail: str = "") -> Decided[Payment]:
    state, said = domain.failed(order_id, reason, detail)
    return Decided(state, (said,), reason.value)


def _refund_failed(order_id: str, charge: Charge | None, reason: str) -> Decided[Payment]:
    state, said = domain.refund_failed(order_id, charge, reason)
    return Decided(state, (said,), "refund failed", owed=f"the refund: {reason}")


Handler: TypeAlias = Callable[[Event[Any], Payment | None, Gateway], Awaitable[Outcome[Payment]]]

HANDLERS: Mapping[type[EventData], Handler] = {
    InventoryReserved: charge_payment,
    ShippingFailed: refund_payment,
}

GIVE_UP: Mapping[type[EventData], Handler] = {
    InventoryReserved: give_up_charging,
    ShippingFailed: give_up_refunding,
}

OPENS: frozenset[type[EventData]] = frozenset({InventoryReserved})

SAYS: frozenset[type[EventData]] = frozenset(
    {PaymentCompleted, PaymentFailed, PaymentRefunded, PaymentVoided, CompensationFailed}
)
