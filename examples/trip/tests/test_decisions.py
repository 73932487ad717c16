"""One decision each."""

from decimal import Decimal

from examples.trip import payment
from examples.trip.app import TRIP
from examples.trip.booking import Booking, Status
from examples.trip.events import (
    CarBooked,
    FlightFailed,
    HotelBooked,
    HotelFailed,
    HotelUndone,
    PaymentFailed,
    TripBooked,
    TripCancellationRequested,
    TripCancelled,
)
from examples.trip.provider import SimulatedProvider
from examples.trip.tests.trips import requested
from quartet import Decided, Ignored
from quartet.testing import decide

HOTEL = TRIP.participant("hotel")
PAYMENT = TRIP.participant("payment")
HALF = payment.Payment(card="tok_visa", currency="EUR", prices={"Flight": Decimal(210), "Hotel": Decimal(340)})


def test_a_room_is_booked() -> None:
    booked = HotelBooked(trip_id="t-1", reference="ref-hotel-t-1", currency="EUR", price=Decimal(340))
    state = Booking(Status.BOOKED, "ref-hotel-t-1")
    assert decide(HOTEL, requested(), ports=SimulatedProvider()) == Decided(state, (booked,), "booked")


def test_a_full_hotel_fails_the_trip() -> None:
    failed = HotelFailed(trip_id="t-1", reason="not_available")
    outcome = decide(HOTEL, requested(hotel="none"), ports=SimulatedProvider())
    assert outcome == Decided(Booking(Status.FAILED), (failed,), "not_available")


def test_an_undo_that_comes_first_is_remembered() -> None:
    hotel = SimulatedProvider()
    undone = decide(HOTEL, FlightFailed(trip_id="t-1", reason="not_available"), ports=hotel)
    assert undone == Decided(Booking(Status.UNDONE), (HotelUndone(trip_id="t-1"),), "undone")
    assert decide(HOTEL, requested(), undone.state, hotel) == Ignored("already undone")


def test_a_hotel_that_does_not_answer_books_nothing() -> None:
    hotel = SimulatedProvider()
    outcome = decide(HOTEL, requested(), ports=hotel, giving_up=True)
    failed = HotelFailed(trip_id="t-1", reason="no_answer")
    assert outcome == Decided(Booking(Status.FAILED), (failed,), "no_answer")
    assert not hotel.sold("hotel-t-1")


def test_the_last_part_is_paid_for() -> None:
    bank = SimulatedProvider()
    car = CarBooked(trip_id="t-1", reference="c", currency="EUR", price=Decimal(95))
    outcome = decide(PAYMENT, car, HALF, bank)
    assert isinstance(outcome, Decided)
    assert outcome.answers == (TripBooked(trip_id="t-1", currency="EUR", total=Decimal(645)),)
    assert bank.sold("payment-t-1")


def test_a_trip_can_be_cancelled_until_it_is_paid() -> None:
    event = TripCancellationRequested(trip_id="t-1")
    outcome = decide(PAYMENT, event, HALF, SimulatedProvider())
    assert isinstance(outcome, Decided)
    assert outcome.answers == (PaymentFailed(trip_id="t-1", reason="traveller"),)
    paid = payment.Payment(payment.Status.PAID)
    assert decide(PAYMENT, event, paid, SimulatedProvider()) == Ignored("already paid")


def test_the_trip_is_cancelled_when_every_part_is_gone() -> None:
    known = payment.Payment(payment.Status.FAILED, gone=("Car", "Flight"), reason="not_available")
    outcome = decide(PAYMENT, HotelUndone(trip_id="t-1"), known, SimulatedProvider())
    assert isinstance(outcome, Decided)
    assert outcome.answers == (TripCancelled(trip_id="t-1", reason="not_available"),)
