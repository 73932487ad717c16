"""Payment: an order is charged once, and what was charged for nothing is given back."""

from decimal import Decimal

import pytest

from quartet.engine.declaration.outcome import Ignored
from quartet.events import Event
from services.payment.domain import Charge, Payment, PaymentStatus
from services.payment.gateway import Charged, GatewayTimeout, Voided, charge_key, refund_key
from services.payment.handlers import charge_payment, give_up_charging, give_up_refunding, refund_payment
from shared.events import (
    CompensationFailed,
    InventoryReserved,
    PaymentCompleted,
    PaymentFailed,
    PaymentRefunded,
    PaymentRefusal,
    PaymentVoided,
    ShippingFailed,
    ShippingRefusal,
)
from tests.domain.fakes import FakeGateway
from tests.domain.saying import decided, only_answer, said
from tests.domain.shop import order_created

TO_ANTARCTICA = said(ShippingFailed(order_id="marple-1", reason=ShippingRefusal.ADDRESS_NOT_SERVED))


def reserved(method: str = "tok_visa") -> Event[InventoryReserved]:
    order = order_created(payment_method=method)
    return said(
        InventoryReserved(
            order_id=order.order_id,
            customer_id=order.customer_id,
            currency=order.currency,
            items=order.items,
            total=order.total,
            payment_method=order.payment_method,
            shipping_address=order.shipping_address,
        )
    )


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway()


async def payment(gateway: FakeGateway, method: str = "tok_visa") -> Payment:
    return decided(await charge_payment(reserved(method), None, gateway)).state


async def test_the_total_is_charged_and_shipping_learns_what_it_needs(gateway: FakeGateway) -> None:
    outcome = await charge_payment(reserved(), None, gateway)

    assert decided(outcome).state.charge == Charge("pay-marple-1", Decimal("67.60"), "GBP")
    order = order_created()
    assert only_answer(outcome) == PaymentCompleted(
        order_id="marple-1",
        payment_id="pay-marple-1",
        customer_id="jane",
        currency="GBP",
        amount=Decimal("67.60"),
        items=order.items,
        shipping_address=order.shipping_address,
    )
    assert gateway.balance() == Decimal("67.60")


async def test_a_declined_card_is_a_failure_event_and_shipping_failures_are_none_of_its_business(
    gateway: FakeGateway,
) -> None:
    outcome = await charge_payment(reserved("tok_declined"), None, gateway)
    failed = only_answer(outcome)
    assert isinstance(failed, PaymentFailed)
    assert failed.reason == PaymentRefusal.PAYMENT_DECLINED
    assert failed.detail == "the card is blue, the bank wants green"

    state = decided(outcome).state
    assert await refund_payment(TO_ANTARCTICA, state, gateway) == Ignored("already failed")


async def test_a_charge_whose_answer_was_lost_is_repeated_and_made_once(gateway: FakeGateway) -> None:
    gateway.lose_answers = 1
    with pytest.raises(GatewayTimeout):
        await charge_payment(reserved(), None, gateway)

    assert isinstance(only_answer(await charge_payment(reserved(), None, gateway)), PaymentCompleted)
    assert gateway.balance() == Decimal("67.60")


async def test_the_same_reservation_under_another_event_id_is_a_duplicate(gateway: FakeGateway) -> None:
    known = await payment(gateway)
    assert await charge_payment(reserved(), known, gateway) == Ignored("already charged")


async def test_a_shipping_failure_gives_the_money_back(gateway: FakeGateway) -> None:
    outcome = await refund_payment(TO_ANTARCTICA, await payment(gateway), gateway)

    assert only_answer(outcome) == PaymentRefunded(
        order_id="marple-1",
        refund_id="ref-marple-1",
        currency="GBP",
        amount=Decimal("67.60"),
        reason="address_not_served",
    )
    assert gateway.balance() == 0
    assert await refund_payment(TO_ANTARCTICA, decided(outcome).state, gateway) == Ignored("already refunded")


async def test_a_refund_whose_answer_was_lost_is_repeated_and_made_once(gateway: FakeGateway) -> None:
    known = await payment(gateway)
    gateway.lose_answers = 1
    with pytest.raises(GatewayTimeout):
        await refund_payment(TO_ANTARCTICA, known, gateway)

    assert isinstance(only_answer(await refund_payment(TO_ANTARCTICA, known, gateway)), PaymentRefunded)
    assert list(gateway.refunds) == [refund_key("marple-1")]
    assert gateway.balance() == 0


async def test_a_shipping_failure_that_comes_first_records_a_tombstone(gateway: FakeGateway) -> None:
    outcome = await refund_payment(TO_ANTARCTICA, None, gateway)
    assert only_answer(outcome) == PaymentVoided(order_id="marple-1", reason="address_not_served")
    assert gateway.charges[charge_key("marple-1")] == Voided()

    vow = decided(outcome).state
    assert vow.status is PaymentStatus.VOIDED
    assert await charge_payment(reserved(), vow, gateway) == Ignored("already voided")
    assert gateway.balance() == 0


async def test_a_tombstone_comes_too_late_if_another_owner_of_the_partition_has_charged(gateway: FakeGateway) -> None:
    await payment(gateway)  # by the other owner, whose write is not here yet
    outcome = await refund_payment(TO_ANTARCTICA, None, gateway)

    assert isinstance(only_answer(outcome), PaymentRefunded)
    assert gateway.balance() == 0
    assert decided(outcome).state.charge == Charge("pay-marple-1", Decimal("67.60"), "GBP")


async def test_a_void_finds_that_the_card_was_declined(gateway: FakeGateway) -> None:
    await payment(gateway, "tok_declined")
    answer = only_answer(await refund_payment(TO_ANTARCTICA, None, gateway))
    assert isinstance(answer, PaymentFailed)
    assert answer.reason == PaymentRefusal.PAYMENT_DECLINED


async def test_a_charge_under_a_voided_key_is_a_failure(gateway: FakeGateway) -> None:
    """The process that voided it may have died before its commit, so this one must say it."""
    gateway.charges[charge_key("marple-1")] = Voided()
    answer = only_answer(await charge_payment(reserved(), None, gateway))
    assert answer == PaymentFailed(order_id="marple-1", reason=PaymentRefusal.VOIDED)


async def test_a_refund_that_is_refused_is_said_and_can_be_redriven(gateway: FakeGateway) -> None:
    refused = await refund_payment(TO_ANTARCTICA, await payment(gateway, "tok_refund_fails"), gateway)
    assert only_answer(refused) == CompensationFailed(
        order_id="marple-1", compensation="refund", reason="the bank keeps it"
    )

    gateway.refunds_work = True
    redriven = await refund_payment(TO_ANTARCTICA, decided(refused).state, gateway)
    assert isinstance(only_answer(redriven), PaymentRefunded)
    assert gateway.balance() == 0


async def test_giving_up_a_charge_voids_it_before_it_is_called_a_failure(gateway: FakeGateway) -> None:
    outcome = await give_up_charging(reserved(), None, gateway)
    assert only_answer(outcome) == PaymentFailed(order_id="marple-1", reason=PaymentRefusal.GATEWAY_UNAVAILABLE)
    assert gateway.charges[charge_key("marple-1")] == Voided()


async def test_giving_up_finds_that_the_charge_was_made_after_all(gateway: FakeGateway) -> None:
    gateway.lose_answers = 1
    with pytest.raises(GatewayTimeout):
        await charge_payment(reserved(), None, gateway)

    assert isinstance(only_answer(await give_up_charging(reserved(), None, gateway)), PaymentCompleted)
    assert gateway.charges[charge_key("marple-1")] == Charged("pay-marple-1")


async def test_giving_up_says_nothing_while_it_is_not_known_whether_money_was_taken(gateway: FakeGateway) -> None:
    gateway.lose_answers = 1
    with pytest.raises(GatewayTimeout):
        await give_up_charging(reserved(), None, gateway)


async def test_a_refund_whose_fallback_ran_stays_open_until_it_is_redriven(gateway: FakeGateway) -> None:
    given_up = await give_up_refunding(TO_ANTARCTICA, await payment(gateway), gateway)
    assert isinstance(only_answer(given_up), CompensationFailed)

    redriven = await refund_payment(TO_ANTARCTICA, decided(given_up).state, gateway)
    assert isinstance(only_answer(redriven), PaymentRefunded)
    assert gateway.balance() == 0


async def test_a_void_whose_fallback_ran_stays_open_and_nothing_is_charged_meanwhile(gateway: FakeGateway) -> None:
    owed = decided(await give_up_refunding(TO_ANTARCTICA, None, gateway)).state
    assert await charge_payment(reserved(), owed, gateway) == Ignored("already refund_failed")

    redriven = await refund_payment(TO_ANTARCTICA, owed, gateway)
    assert isinstance(only_answer(redriven), PaymentVoided)
    assert gateway.balance() == 0


async def test_giving_up_changes_nothing_about_what_is_settled(gateway: FakeGateway) -> None:
    refunded = decided(await refund_payment(TO_ANTARCTICA, await payment(gateway), gateway)).state
    assert await give_up_refunding(TO_ANTARCTICA, refunded, gateway) == Ignored("already refunded")
    assert await give_up_charging(reserved(), refunded, gateway) == Ignored("already refunded")
