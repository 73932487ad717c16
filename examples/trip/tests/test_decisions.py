"""One decision each."""

from decimal import Decimal

import pytest

from examples.trip import payment
from examples.trip.booking import HOTEL, Booking, Status
from examples.trip.events import (
    PartBooked,
    PartFailed,
    PartUndone,
    PaymentFailed,
    TripBooked,
    TripCancellationRequested,
    TripCancelled,
)
from examples.trip.payment import PAYMENT
from examples.trip.provider import SimulatedProvider
from examples.trip.tests.trips import requested
from quartet import Decided, Ignored
from quartet.testing import MemoryBook, decide

HALF = payment.Payment(card="tok_visa", currency="EUR", prices={"flight": Decimal(210), "hotel": Decimal(340)})


@pytest.fixture
def provider() -> SimulatedProvider:
    return SimulatedProvider(MemoryBook())


def has_sold(provider: SimulatedProvider) -> bool:
    written = provider.book.written if isinstance(provider.book, MemoryBook) else {}
    return any(entry["reason"] == "" for entry in written.values())


def test_a_room_is_booked(provider: SimulatedProvider) -> None:
    booked = PartBooked(trip_id="t-1", part="hotel", reference="ref-t-1", currency="EUR", price=Decimal(340))
    assert decide(HOTEL, requested(), ports=provider) == Decided(Booking(Status.BOOKED, "ref-t-1"), (booked,), "booked")


def test_a_full_hotel_fails_the_trip(provider: SimulatedProvider) -> None:
    failed = PartFailed(trip_id="t-1", part="hotel", reason="refused")
    outcome = decide(HOTEL, requested(hotel="none"), ports=provider)
    assert outcome == Decided(Booking(Status.FAILED), (failed,), "refused")


def test_a_hotel_does_not_undo_what_it_has_refused() -> None:
    failed = PartFailed(trip_id="t-1", part="hotel", reason="refused")
    assert decide(HOTEL, failed, Booking(Status.FAILED)) == Ignored("already failed")


def test_an_undo_that_comes_first_is_remembered(provider: SimulatedProvider) -> None:
    failed = PartFailed(trip_id="t-1", part="flight", reason="refused")
    undone = decide(HOTEL, failed, ports=provider)
    assert undone == Decided(Booking(Status.UNDONE), (PartUndone(trip_id="t-1", part="hotel"),), "undone")
    assert decide(HOTEL, requested(), undone.state, provider) == Ignored("already undone")


def test_a_room_that_was_cancelled_before_is_not_sold(provider: SimulatedProvider) -> None:
    """As by a process that cancelled it and died before it had recorded that."""
    decide(HOTEL, PaymentFailed(trip_id="t-1", reason="declined"), ports=provider)
    failed = PartFailed(trip_id="t-1", part="hotel", reason="cancelled")
    assert decide(HOTEL, requested(), ports=provider) == Decided(Booking(Status.FAILED), (failed,), "cancelled")
    assert not has_sold(provider)


def test_a_hotel_that_does_not_answer_books_nothing(provider: SimulatedProvider) -> None:
    outcome = decide(HOTEL, requested(), ports=provider, giving_up=True)
    failed = PartFailed(trip_id="t-1", part="hotel", reason="no_answer")
    assert outcome == Decided(Booking(Status.FAILED), (failed,), "no_answer")
    assert not has_sold(provider)


def test_a_room_that_was_sold_before_the_hotel_went_silent_is_booked(provider: SimulatedProvider) -> None:
    """Another process may have booked it, and said so: to give it back would take it from a trip that is paid."""
    booked = decide(HOTEL, requested(), ports=provider)
    assert decide(HOTEL, requested(), ports=provider, giving_up=True) == booked
    assert has_sold(provider)


def test_the_last_part_is_paid_for(provider: SimulatedProvider) -> None:
    car = PartBooked(trip_id="t-1", part="car", reference="c", currency="EUR", price=Decimal(95))
    outcome = decide(PAYMENT, car, HALF, provider)
    assert isinstance(outcome, Decided)
    assert outcome.answers == (TripBooked(trip_id="t-1", currency="EUR", total=Decimal(645)),)
    assert has_sold(provider)
    assert decide(PAYMENT, car, HALF, provider, giving_up=True) == outcome


def test_a_cancellation_takes_no_money_back_that_another_process_has_taken(provider: SimulatedProvider) -> None:
    decide(
        PAYMENT, PartBooked(trip_id="t-1", part="car", reference="c", currency="EUR", price=Decimal(95)), HALF, provider
    )
    assert decide(PAYMENT, TripCancellationRequested(trip_id="t-1"), HALF, provider) == Ignored("already paid")


def test_a_trip_can_be_cancelled_until_it_is_paid(provider: SimulatedProvider) -> None:
    event = TripCancellationRequested(trip_id="t-1")
    outcome = decide(PAYMENT, event, HALF, provider)
    assert isinstance(outcome, Decided)
    assert outcome.answers == (PaymentFailed(trip_id="t-1", reason="traveller"),)
    assert decide(PAYMENT, event, payment.Payment(payment.Status.PAID), provider) == Ignored("already paid")


def test_the_trip_is_cancelled_when_every_part_is_gone(provider: SimulatedProvider) -> None:
    known = payment.Payment(payment.Status.FAILED, gone=("car", "flight"), reason="refused")
    outcome = decide(PAYMENT, PartUndone(trip_id="t-1", part="hotel"), known, provider)
    assert isinstance(outcome, Decided)
    assert outcome.answers == (TripCancelled(trip_id="t-1", reason="refused"),)
