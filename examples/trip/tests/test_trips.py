"""Whole trips: one at a time, in every order, and many under faults. Each run ends with the trip's own invariant."""

from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from examples.trip.app import TRIP
from examples.trip.booking import CAR, FLIGHT, Booking, Desk
from examples.trip.events import PartFailed, PaymentFailed, TripCancellationRequested, TripRequested
from examples.trip.payment import PAYMENT
from examples.trip.provider import Moved, Provider
from examples.trip.tests.trips import any_trip, providers, requested
from quartet import Choreography, Event, Ignored, Outcome
from quartet.testing import Violation, World, explore, problems, simulate


def test_every_failure_reaches_whoever_has_something_to_undo() -> None:
    assert problems(TRIP) == ()


def test_a_trip_is_booked_and_paid() -> None:
    world = World(TRIP, providers())
    world.say(requested())
    world.run()
    assert [data.type for data in world.ends("t-1")] == ["TripBooked.v1"]
    assert world.effects("payment") == [Moved("t-1", "sale_t-1", Decimal(645))]
    assert [list(rule(world)) for rule in TRIP.invariants] == [[]]


@pytest.mark.parametrize("missing", ["flight", "hotel", "car", "card"])
def test_without_one_part_there_is_no_trip(missing: str) -> None:
    world = World(TRIP, providers())
    world.say(requested(**{missing: "none"}))
    world.run()
    assert [data.type for data in world.ends("t-1")] == ["TripCancelled.v1"]
    assert [list(rule(world)) for rule in TRIP.invariants] == [[]]


def test_a_trip_in_every_order_with_a_crash_and_a_repeat_anywhere() -> None:
    report = explore(TRIP, ports=providers, events=[requested()])
    assert report.complete
    assert report.ends == {"TripBooked.v1"}


def test_a_trip_that_is_not_paid_in_every_order_with_a_crash_anywhere() -> None:
    report = explore(TRIP, ports=providers, events=[requested(card="none")], repeats=0)
    assert report.complete
    assert report.ends == {"TripCancelled.v1"}


def test_a_provider_that_does_not_answer_and_a_crash_anywhere() -> None:
    """The nearest states of many. The rest of each is handled in one order."""
    report = explore(TRIP, ports=providers, events=[requested()], repeats=0, silences=1, most_states=500)
    assert report.ends == {"TripBooked.v1", "TripCancelled.v1"}


@pytest.mark.slow
def test_a_provider_that_does_not_answer_in_every_order() -> None:
    report = explore(TRIP, ports=providers, events=[requested()], crashes=0, repeats=0, silences=1)
    assert report.complete
    assert report.ends == {"TripBooked.v1", "TripCancelled.v1"}


@pytest.mark.slow
@pytest.mark.parametrize("missing", ["hotel", "card"])
def test_a_cancelled_trip_with_a_crash_and_a_repeat_anywhere(missing: str) -> None:
    """A minute or two each. Without a card that is all there is; without a hotel, the nearest states of many more."""
    report = explore(TRIP, ports=providers, events=[requested(**{missing: "none"})], most_states=14_000)
    assert report.complete is (missing == "card")


def test_a_missing_hotel_in_every_order() -> None:
    report = explore(TRIP, ports=providers, events=[requested(hotel="none")], crashes=0, repeats=0)
    assert report.complete
    assert report.ends == {"TripCancelled.v1"}


def test_a_cancellation_at_any_moment() -> None:
    events = [requested(), TripCancellationRequested(trip_id="t-1")]
    report = explore(TRIP, ports=providers, events=events, crashes=0, repeats=0)
    assert report.complete
    assert report.ends == {"TripBooked.v1", "TripCancelled.v1"}


def test_many_trips_under_faults() -> None:
    simulate(TRIP, ports=providers, first=any_trip, runs=50)


@dataclass(frozen=True, slots=True)
class Forgetful(Desk):
    """A hotel that does not remember an undo which comes before the request."""

    async def undo(
        self, event: Event[PartFailed | PaymentFailed], known: Booking | None, provider: Provider
    ) -> Outcome[Booking]:
        if known is None:
            return Ignored("nothing to undo")
        return await Desk.undo(self, event, known, provider)


@dataclass(frozen=True, slots=True)
class Hasty(Desk):
    """A hotel that gives the room back if its provider does not answer, also one that another process has booked."""

    async def give_up(self, event: Event[TripRequested], known: Booking | None, provider: Provider) -> Outcome[Booking]:
        if known is None:
            await provider.cancel(event.data.trip_id)
        return await Desk.give_up(self, event, known, provider)


def with_hotel(hotel: Desk) -> Choreography:
    return replace(TRIP, participants=(FLIGHT, hotel.participant(), CAR, PAYMENT), services=())


def test_a_hotel_that_forgets_an_early_undo_is_found() -> None:
    app = with_hotel(Forgetful("hotel", Decimal(340)))
    with pytest.raises(Violation) as found:
        explore(app, ports=providers, events=[requested(flight="none")], crashes=0, repeats=0)
    assert "t-1 has not ended" in str(found.value)
    assert "hotel: handles PartFailed.v1" in str(found.value)


def test_a_hotel_that_gives_back_what_was_recorded_is_found() -> None:
    app = with_hotel(Hasty("hotel", Decimal(340)))
    with pytest.raises(Violation) as found:
        explore(app, ports=providers, events=[requested()], repeats=0, silences=1, most_states=500)
    assert "t-1: is paid with 645.00, and its parts cost" in str(found.value)
    assert "hotel: crashes after `commit state` for TripRequested.v1" in str(found.value)
    assert "hotel: gets no answer before it was done, for TripRequested.v1" in str(found.value)
