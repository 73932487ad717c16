"""Whatever goes wrong while sagas run, the code that ran them finds nothing different in their recordings."""

from random import Random

import pytest

from examples.trip.app import TRIP
from examples.trip.events import TripCancellationRequested
from examples.trip.provider import SimulatedProvider
from examples.trip.samples import SAMPLES
from quartet.events import EventData
from quartet.replay.verifying import verify
from quartet.testing import MemoryBook, World
from quartet.testing.faults import draw_faults
from quartet.testing.replay import recording_of
from quartet.testing.run import Publication, run_with_faults

SEEDS = 40


def publications(world: World, random: Random) -> list[Publication]:
    """Three trips, half of them cancelled at some time; each event comes in by any partition."""
    said: list[EventData] = []
    for number in range(3):
        said.append(random.choice(SAMPLES[:3]).in_saga(f"trip-{number}"))
        if random.random() < 0.5:
            said.append(TripCancellationRequested(trip_id=f"trip-{number}"))
    places = list(world.hub.partitions)
    return [Publication(data, round(random.uniform(0, 5), 3), random.choice(places)) for data in said]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_nothing_differs_after_crashes_outages_silent_ports_and_two_owners(seed: int) -> None:
    ports = {name: SimulatedProvider(MemoryBook()) for name in TRIP.names}
    world = World(TRIP, ports, seed=seed, recording=True)
    faults = draw_faults(Random(f"{seed} faults"), TRIP.names)
    world.loop.run_until_complete(run_with_faults(world, publications(world, Random(seed)), faults))
    world.redrive()
    verdict = verify(TRIP, [recording_of(world, saga) for saga in world.sagas])
    assert verdict.findings == ()
    assert (verdict.sagas, verdict.is_good()) == (len(world.sagas), True)
