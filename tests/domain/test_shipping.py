"""Shipping: an order ships once or never, and the carrier's word decides which."""

import pytest

from quartet.engine.declaration.outcome import Ignored
from quartet.events import Event
from services.shipping.carrier import CarrierTimeout, Voided, shipment_key
from services.shipping.domain import Shipment, ShipmentStatus
from services.shipping.handlers import cancel_shipment, give_up_shipping, ship_order
from shared.events import (
    CancellationReason,
    OrderCancellationRejected,
    OrderCancellationRequested,
    OrderShipped,
    PaymentCompleted,
    RejectionReason,
    ShippingFailed,
    ShippingRefusal,
    merged,
)
from tests.domain.fakes import FakeCarrier
from tests.domain.saying import decided, only_answer, said
from tests.domain.shop import order_created

CHANGED_MY_MIND = said(
    OrderCancellationRequested(order_id="marple-1", reason=CancellationReason.CUSTOMER, detail="it was the butler")
)
TOO_SLOW = said(OrderCancellationRequested(order_id="marple-1", reason=CancellationReason.DEADLINE))
REJECTED = OrderCancellationRejected(order_id="marple-1", reason=RejectionReason.ALREADY_SHIPPED)


def paid(country: str = "GB") -> Event[PaymentCompleted]:
    order = order_created(country=country)
    return said(
        PaymentCompleted(
            order_id=order.order_id,
            payment_id="pay-1",
            customer_id=order.customer_id,
            currency=order.currency,
            amount=order.total,
            items=order.items,
            shipping_address=order.shipping_address,
        )
    )


@pytest.fixture
def carrier() -> FakeCarrier:
    return FakeCarrier()


async def shipment(carrier: FakeCarrier, country: str = "GB") -> Shipment:
    return decided(await ship_order(paid(country), None, carrier)).state


async def test_a_paid_order_is_shipped_with_one_line_per_product(carrier: FakeCarrier) -> None:
    answer = only_answer(await ship_order(paid(), None, carrier))
    assert answer == OrderShipped(
        order_id="marple-1",
        shipment_id="ship-marple-1",
        tracking_number="track-marple-1",
        carrier="Quartet Parcel",
        items=merged(order_created().items),
    )


async def test_an_address_that_is_not_served_is_a_failure_event(carrier: FakeCarrier) -> None:
    answer = only_answer(await ship_order(paid("AQ"), None, carrier))
    assert answer == ShippingFailed(
        order_id="marple-1", reason=ShippingRefusal.ADDRESS_NOT_SERVED, detail="penguins do not sign"
    )


async def test_the_same_payment_under_another_event_id_is_a_duplicate(carrier: FakeCarrier) -> None:
    assert await ship_order(paid(), await shipment(carrier), carrier) == Ignored("already shipped")
    assert await ship_order(paid(), await shipment(FakeCarrier(), "AQ"), carrier) == Ignored("already failed")


async def test_a_booking_whose_answer_was_lost_is_repeated_and_made_once(carrier: FakeCarrier) -> None:
    carrier.lose_answers = 1
    with pytest.raises(CarrierTimeout):
        await ship_order(paid(), None, carrier)

    assert isinstance(only_answer(await ship_order(paid(), None, carrier)), OrderShipped)
    assert carrier.parcels() == 1


@pytest.mark.parametrize(
    ("request_", "reason"),
    [(CHANGED_MY_MIND, ShippingRefusal.CANCELLED), (TOO_SLOW, ShippingRefusal.TIMED_OUT)],
)
async def test_a_cancellation_in_time_records_a_tombstone(
    carrier: FakeCarrier, request_: Event[OrderCancellationRequested], reason: ShippingRefusal
) -> None:
    outcome = await cancel_shipment(request_, None, carrier)
    failed = only_answer(outcome)
    assert isinstance(failed, ShippingFailed)
    assert (failed.reason, failed.detail) == (reason, request_.data.detail)

    vow = decided(outcome).state
    assert vow.status is ShipmentStatus.CANCELLED
    assert await ship_order(paid(), vow, carrier) == Ignored("already cancelled")
    assert carrier.parcels() == 0


async def test_a_cancellation_for_a_reason_of_tomorrow_is_still_a_cancellation(carrier: FakeCarrier) -> None:
    request = said(OrderCancellationRequested(order_id="marple-1", reason="full_moon"))
    failed = only_answer(await cancel_shipment(request, None, carrier))
    assert isinstance(failed, ShippingFailed)
    assert failed.reason == ShippingRefusal.CANCELLED


async def test_after_the_pivot_a_cancellation_is_rejected(carrier: FakeCarrier) -> None:
    shipped = await shipment(carrier)
    outcome = await cancel_shipment(CHANGED_MY_MIND, shipped, carrier)
    assert only_answer(outcome) == REJECTED
    assert decided(outcome).state == shipped


async def test_a_failed_shipment_needs_no_cancellation(carrier: FakeCarrier) -> None:
    assert await cancel_shipment(CHANGED_MY_MIND, await shipment(carrier, "AQ"), carrier) == Ignored("already failed")

    cancelled = decided(await cancel_shipment(CHANGED_MY_MIND, None, FakeCarrier())).state
    assert await cancel_shipment(TOO_SLOW, cancelled, carrier) == Ignored("already cancelled")


async def test_a_cancellation_that_finds_the_parcel_gone_leaves_it_to_the_payment_to_say_so(
    carrier: FakeCarrier,
) -> None:
    await shipment(carrier)  # by another owner of the partition, whose write is not here yet
    outcome = await cancel_shipment(CHANGED_MY_MIND, None, carrier)
    assert only_answer(outcome) == REJECTED

    state = decided(outcome).state
    shipped = await ship_order(paid(), state, carrier)
    assert isinstance(only_answer(shipped), OrderShipped)
    assert await ship_order(paid(), decided(shipped).state, carrier) == Ignored("already shipped")


async def test_a_cancellation_that_finds_the_booking_refused_says_why(carrier: FakeCarrier) -> None:
    await shipment(carrier, "AQ")
    failed = only_answer(await cancel_shipment(CHANGED_MY_MIND, None, carrier))
    assert isinstance(failed, ShippingFailed)
    assert failed.reason == ShippingRefusal.ADDRESS_NOT_SERVED


async def test_a_booking_under_a_voided_key_is_a_failure(carrier: FakeCarrier) -> None:
    """The process that voided it may have died before its commit, so this one must say it."""
    carrier.bookings[shipment_key("marple-1")] = Voided()
    answer = only_answer(await ship_order(paid(), None, carrier))
    assert answer == ShippingFailed(order_id="marple-1", reason=ShippingRefusal.VOIDED)


async def test_giving_up_a_booking_voids_it_before_it_is_called_a_failure(carrier: FakeCarrier) -> None:
    answer = only_answer(await give_up_shipping(paid(), None, carrier))
    assert answer == ShippingFailed(order_id="marple-1", reason=ShippingRefusal.CARRIER_UNAVAILABLE)
    assert carrier.bookings[shipment_key("marple-1")] == Voided()


@pytest.mark.parametrize(("country", "answer"), [("GB", OrderShipped), ("AQ", ShippingFailed)])
async def test_giving_up_finds_what_the_carrier_has_done_after_all(
    carrier: FakeCarrier, country: str, answer: type[OrderShipped | ShippingFailed]
) -> None:
    carrier.lose_answers = 1
    with pytest.raises(CarrierTimeout):
        await ship_order(paid(country), None, carrier)
    assert isinstance(only_answer(await give_up_shipping(paid(country), None, carrier)), answer)


async def test_giving_up_says_nothing_while_it_is_not_known_whether_it_has_shipped(carrier: FakeCarrier) -> None:
    carrier.lose_answers = 1
    with pytest.raises(CarrierTimeout):
        await give_up_shipping(paid(), None, carrier)
