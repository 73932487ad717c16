"""Whole trips: one at a time, in every order, and many under faults."""

from dataclasses import replace

import pytest

from examples.trip.app import TRIP
from examples.trip.booking import HOTEL, Booking, Part
from examples.trip.events import Failed, TripCancellationRequested
from examples.trip.provider import Provider
from examples.trip.tests.trips import all_or_nothing, any_trip, providers, requested
from quartet import Event, Ignored, Outcome
from quartet.testing import Violation, World, explore, simulate


def test_a_trip_is_booked_and_paid() -> None:
    world = World(TRIP, providers())
    world.say(requested())
    world.run()
    assert [data.type for data in world.ends("t-1")] == ["TripBooked.v1"]
    assert list(all_or_nothing(world)) == []


@pytest.mark.parametrize("missing", ["flight", "hotel", "car", "card"])
def test_without_one_part_there_is_no_trip(missing: str) -> None:
    world = World(TRIP, providers())
    world.say(requested(**{missing: "none"}))
    world.run()
    assert [data.type for data in world.ends("t-1")] == ["TripCancelled.v1"]
    assert list(all_or_nothing(world)) == []


@pytest.mark.parametrize("card", ["tok_visa", "none"])
def test_a_trip_in_every_order_with_a_crash_anywhere(card: str) -> None:
    report = explore(TRIP, ports=providers, events=[requested(card=card)], invariants=[all_or_nothing], repeats=0)
    assert report.complete
    assert report.ends == {"TripBooked.v1" if card != "none" else "TripCancelled.v1"}


def test_a_missing_hotel_in_every_order() -> None:
    report = explore(
        TRIP, ports=providers, events=[requested(hotel="none")], invariants=[all_or_nothing], crashes=0, repeats=0
    )
    assert report.complete
    assert report.ends == {"TripCancelled.v1"}


def test_a_cancellation_at_any_moment() -> None:
    events = [requested(), TripCancellationRequested(trip_id="t-1")]
    report = explore(TRIP, ports=providers, events=events, invariants=[all_or_nothing], crashes=0, repeats=0)
    assert report.complete
    assert report.ends == {"TripBooked.v1", "TripCancelled.v1"}


def test_many_trips_under_faults() -> None:
    simulate(TRIP, ports=providers, first=any_trip, invariants=[all_or_nothing], runs=50)


class Forgetful(Part):
    """A hotel that does not remember an undo which comes before the request."""

    async def undo(self, event: Event[Failed], known: Booking | None, provider: Provider) -> Outcome[Booking]:
        if known is None:
            return Ignored("nothing to undo")
        return await super().undo(event, known, provider)


def test_a_hotel_that_forgets_an_early_undo_is_found() -> None:
    hotel = Forgetful(HOTEL.name, HOTEL.booked, HOTEL.failed, HOTEL.undone).participant()
    others = [one for one in TRIP if one.name != "hotel"]
    app = replace(TRIP, participants=(hotel, *others))
    with pytest.raises(Violation) as found:
        explore(
            app,
            ports=providers,
            events=[requested(flight="none")],
            invariants=[all_or_nothing],
            crashes=0,
            repeats=0,
        )
    assert "t-1 has not ended" in str(found.value)
    assert "hotel: handles FlightFailed.v1" in str(found.value)
