"""Trips to test with."""

from random import Random

from examples.trip.events import TripCancellationRequested, TripEvent, TripRequested
from examples.trip.provider import SimulatedProvider
from quartet.testing import MemoryBook


def providers() -> dict[str, SimulatedProvider]:
    return {name: SimulatedProvider(MemoryBook()) for name in ("flight", "hotel", "car", "payment")}


def requested(**changes: str) -> TripRequested:
    """A trip for which everything can be had, unless `changes` say `none`."""
    wishes = {"flight": "LH 454", "hotel": "Grand", "car": "Mini", "currency": "EUR", "card": "tok_visa"}
    return TripRequested.model_validate({"trip_id": "t-1", **wishes, **changes})


def any_trip(random: Random) -> list[TripEvent]:
    """A trip of which each part may be missing, and which may be cancelled."""
    parts = {name: random.choice(["yes", "yes", "yes", "none"]) for name in ("flight", "hotel", "car", "card")}
    cancellations = [TripCancellationRequested(trip_id="t-1")] if random.random() < 0.3 else []
    return [requested(**parts), *cancellations]
