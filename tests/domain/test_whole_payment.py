"""Every decision of the payment service, compared as a whole, and what its port was asked."""

from typing import Any

import pytest

from quartet.engine.declaration.outcome import Decided
from services.payment import domain as payment
from services.payment.domain import Charge, Payment, PaymentStatus
from services.payment.gateway import (
    AlreadyCharged,
    AlreadyDeclined,
    Charged,
    Declined,
    Refunded,
    RefundRefused,
    Voided,
)
from services.payment.handlers import charge_payment, give_up_charging, give_up_refunding, refund_payment
from services.shipping import domain as shipping
from shared.events import (
    Compensation,
    CompensationFailed,
    PaymentFailed,
    PaymentRefunded,
    PaymentRefusal,
    PaymentVoided,
    ShippingFailed,
    ShippingRefusal,
)
from tests.domain.saying import said
from tests.domain.scripted import Scripted
from tests.domain.whole_saga import CHARGE, ID, LOST, PAID, RESERVED, TOTAL


async def test_charged() -> None:
    gateway = Scripted(Charged("pay-1"))
    outcome = await charge_payment(said(RESERVED), None, gateway)
    assert outcome == Decided(Payment(ID, PaymentStatus.CHARGED, CHARGE), (PAID,), "charged")
    assert gateway.asked == [("charge", f"payment_{ID}", TOTAL, "GBP", "tok_visa", ID)]


FAILED = [
    ("declined", "payment_declined", "no money"),
    ("voided", "voided", ""),
    ("given up", "gateway_unavailable", ""),
    ("given up, declined before", "payment_declined", "no money"),
    ("refund, declined before", "payment_declined", "no money"),
]


@pytest.mark.parametrize(("what", "reason", "detail"), FAILED)
async def test_not_charged(what: str, reason: str, detail: str) -> None:
    void = [("void", f"payment_{ID}", ID)]
    match what:
        case "declined":
            outcome = await charge_payment(said(RESERVED), None, Scripted(Declined("no money")))
        case "voided":
            outcome = await charge_payment(said(RESERVED), None, Scripted(Voided()))
        case "given up":
            gateway = Scripted(Voided())
            outcome = await give_up_charging(said(RESERVED), None, gateway)
            assert gateway.asked == void
        case "given up, declined before":
            outcome = await give_up_charging(said(RESERVED), None, Scripted(AlreadyDeclined("no money")))
        case _:
            gateway = Scripted(AlreadyDeclined("no money"))
            outcome = await refund_payment(said(LOST), None, gateway)
            assert gateway.asked == void
    failed = PaymentFailed(order_id=ID, reason=reason, detail=detail)
    assert outcome == Decided(Payment(ID, PaymentStatus.FAILED, reason=reason), (failed,), reason)


async def test_the_fallback_of_a_charge_that_was_made() -> None:
    outcome = await give_up_charging(said(RESERVED), None, Scripted(AlreadyCharged("pay-1", TOTAL, "GBP")))
    assert outcome == Decided(Payment(ID, PaymentStatus.CHARGED, CHARGE), (PAID,), "charged")


async def test_voided() -> None:
    outcome = await refund_payment(said(LOST), None, Scripted(Voided()))
    voided = PaymentVoided(order_id=ID, reason="cancelled")
    assert outcome == Decided(Payment(ID, PaymentStatus.VOIDED, reason="cancelled"), (voided,), "voided")


@pytest.mark.parametrize("state", [None, Payment(ID, PaymentStatus.CHARGED, CHARGE)])
async def test_refunded(state: Payment | None) -> None:
    before: list[object] = [] if state else [AlreadyCharged("pay-1", TOTAL, "GBP")]
    gateway = Scripted(*before, Refunded("ref-1"))
    refunded = PaymentRefunded(order_id=ID, refund_id="ref-1", currency="GBP", amount=TOTAL, reason="cancelled")
    outcome = await refund_payment(said(LOST), state, gateway)
    after = Payment(ID, PaymentStatus.REFUNDED, CHARGE, "ref-1", "cancelled")
    assert outcome == Decided(after, (refunded,), "refunded")
    assert gateway.asked[-1] == ("refund", f"refund_{ID}", "pay-1", TOTAL, "GBP", ID)


async def test_refund_refused() -> None:
    outcome = await refund_payment(
        said(LOST), Payment(ID, PaymentStatus.CHARGED, CHARGE), Scripted(RefundRefused("the card was closed"))
    )
    failed = CompensationFailed(order_id=ID, compensation=Compensation.REFUND, reason="the card was closed")
    state = Payment(ID, PaymentStatus.REFUND_FAILED, CHARGE, reason="the card was closed")
    assert outcome == Decided(state, (failed,), "refund failed", owed="the refund: the card was closed")


@pytest.mark.parametrize("charge", [None, CHARGE])
async def test_the_fallback_of_a_refund(charge: Charge | None) -> None:
    state = Payment(ID, PaymentStatus.CHARGED, charge) if charge else None
    failed = CompensationFailed(order_id=ID, compensation=Compensation.REFUND, reason="gateway_unavailable")
    outcome = await give_up_refunding(said(LOST), state, Scripted())
    after = Payment(ID, PaymentStatus.REFUND_FAILED, charge, reason="gateway_unavailable")
    assert outcome == Decided(after, (failed,), "refund failed", owed="the refund: gateway_unavailable")


def test_a_failure_has_no_detail_unless_there_is_one() -> None:
    decisions: list[Decided[Any]] = [
        payment.failed(ID, PaymentRefusal.VOIDED),
        shipping.failed(ID, ShippingRefusal.VOIDED),
        shipping.cancelled(ID, "customer"),
    ]
    assert [decided.answers for decided in decisions] == [
        (PaymentFailed(order_id=ID, reason="voided", detail=""),),
        (ShippingFailed(order_id=ID, reason="voided", detail=""),),
        (ShippingFailed(order_id=ID, reason="cancelled", detail=""),),
    ]
