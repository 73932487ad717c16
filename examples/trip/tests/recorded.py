"""`python -m examples.trip.tests.recorded`: make the recordings of trips again."""

from pathlib import Path
from typing import Final

from examples.trip.app import TRIP
from examples.trip.events import TripCancellationRequested
from examples.trip.provider import SimulatedProvider
from examples.trip.samples import SAMPLES
from quartet.testing import MemoryBook, World, save_recordings

FILE: Final = Path(__file__).parents[1] / "recordings.jsonl"


def trips() -> World:
    """A trip that is booked, one without a hotel, one that is not paid for, and one that is cancelled."""
    world = World(TRIP, {name: SimulatedProvider(MemoryBook()) for name in TRIP.names}, recording=True)
    for number, request in enumerate(SAMPLES[:3], 1):
        world.say(request.in_saga(f"trip-{number}"))
    world.run()
    world.say(TripCancellationRequested(trip_id="trip-4"))
    world.run()
    world.say(SAMPLES[0].in_saga("trip-4"))
    world.run()
    return world


if __name__ == "__main__":
    save_recordings(trips(), FILE)
