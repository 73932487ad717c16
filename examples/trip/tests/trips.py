"""Trips to test with, and what must hold of every trip."""

from collections.abc import Iterator
from random import Random

from examples.trip.events import TripCancellationRequested, TripEvent, TripRequested
from examples.trip.provider import SimulatedProvider
from quartet.testing import World


def providers() -> dict[str, SimulatedProvider]:
    return {name: SimulatedProvider() for name in ("flight", "hotel", "car", "payment")}


def requested(**changes: str) -> TripRequested:
    """A trip for which everything can be had, unless `changes` say `none`."""
    wishes = {"flight": "LH 454", "hotel": "Grand", "car": "Mini", "currency": "EUR", "card": "tok_visa"}
    return TripRequested.model_validate({"trip_id": "t-1", **wishes, **changes})


def any_trip(random: Random) -> list[TripEvent]:
    """A trip of which each part may be missing, and which may be cancelled."""
    parts = {name: random.choice(["yes", "yes", "yes", "none"]) for name in ("flight", "hotel", "car", "card")}
    cancellations = [TripCancellationRequested(trip_id="t-1")] if random.random() < 0.3 else []
    return [requested(**parts), *cancellations]


def all_or_nothing(world: World) -> Iterator[str]:
    """What the providers' own books say: everything of a booked trip, nothing of a cancelled one."""
    for trip in world.sagas:
        sold = sorted(name for name, provider in world.ports.items() if provider.sold(f"{name}-{trip}"))
        ends = [data.type for data in world.ends(trip)]
        if len(sold) != (4 if ends == ["TripBooked.v1"] else 0):
            yield f"{trip} has ended with {ends}, but sold is: {', '.join(sold) or 'nothing'}"
