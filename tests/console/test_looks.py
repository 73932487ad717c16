"""What it costs in Cosmos DB that a person opens a saga, with the projection there, too."""

from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, cast

import pytest

from examples.trip.app import TRIP
from examples.trip.booking import CAR
from examples.trip.tests.trips import providers, requested
from quartet.azure.cosmos.provision import open_database
from quartet.azure.cosmos.records import CosmosRecords
from quartet.cli.lag.silence import silent_log
from quartet.console.door import Door
from quartet.console.interpreting import Interpreter
from quartet.console.lags import Look
from quartet.console.looking import Looking
from quartet.console.overviews import Overviews
from quartet.console.owing import StoredParts
from quartet.console.projection.facts import Fact, Place
from quartet.console.records import StoredRecords
from quartet.console.states.exact import ExactStates
from quartet.console.states.following import StateFollower
from quartet.console.states.store import StateStore
from quartet.console.views import SagaView, Unknown
from quartet.console.vocabulary import Vocabulary
from quartet.engine.records.record import Record
from quartet.testing import World
from tests.console.stores.facts import NOW, batch
from tests.console.stores.store_fixture import Store, a_store

BUCKETS: Final = 16


class AtTheEnd:
    """Every participant runs."""

    async def look(self) -> Look | Unknown:
        return Look((), running=frozenset(TRIP.names))


@dataclass(frozen=True, slots=True)
class Trip:
    """A trip that was booked: its events, and its records in Cosmos DB."""

    facts: list[Fact]
    store: Store
    door: Door

    async def look(self, events: int) -> tuple[SagaView, Counter[str]]:
        """What is seen of the first n events, each written alone, and the requests that this took."""
        projection, vocabulary = self.store.open(), Vocabulary(TRIP)
        for one in self.facts[:events]:
            await projection.take(batch(one, place=Place(one.key.hub, one.key.partition)))
        seen = StateFollower(self.door.cosmos, TRIP, StateStore(None), news=lambda _: None, log=silent_log())
        looking = Looking(
            projection,
            vocabulary,
            Overviews(projection, cast("Any", None), stuck_after=60, lags=None, letters=None, audit=None),
            records=StoredRecords(TRIP, self.door),
            parts=StoredParts(TRIP, AtTheEnd()),
            states=ExactStates(seen, TRIP, TRIP.hubs(), projection),
        )
        before = self.store.requests()
        view = await looking.saga("t-1", NOW)
        assert view is not None
        assert len(view.events) == events
        return view, self.store.requests() - before


@pytest.fixture
async def trip(tmp_path: Path) -> AsyncIterator[Trip]:
    world = World(TRIP, providers(), recording=True)
    world.say(requested())
    with ThreadPoolExecutor(1) as thread:  # it has an event loop of its own
        thread.submit(world.run).result()
    reading = Interpreter(TRIP, TRIP.hubs(), Vocabulary(TRIP))
    heard = [(name, one) for name, messages in world.hub.partitions.items() for one in messages]
    facts = [reading.fact(one, name, NOW + one.sequence_number) for name, one in heard]
    async with a_store(tmp_path / "store") as store, Door(store.settings) as door:
        client = (await door.cosmos()).client
        for participant in TRIP:
            database = await open_database(
                client, participant.database, participant.all_containers, buckets=BUCKETS, may_create=True
            )
            record = world.stores[participant.name].get("t-1")
            assert isinstance(record, Record)
            records = CosmosRecords(
                database.get_container_client(participant.container), participant.state, buckets=BUCKETS
            )
            await records.commit([replace(record, etag=None)])
        yield Trip([one for one in facts if one is not None], store, door)


async def test_a_look_costs_the_same_however_many_events_there_are(trip: Trip) -> None:
    _, few = await trip.look(2)
    view, many = await trip.look(len(trip.facts))
    assert len(view.events) == 5
    assert not isinstance(view.states, Unknown)
    assert {one.participant for one in view.states if one.events} == set(TRIP.names), "each event was handled again"
    assert few == many
    assert many.total() == 8, "two for the saga, two for its messages, and one for each participant's record"


async def test_a_participant_whose_records_cannot_be_read_hides_no_other(trip: Trip) -> None:
    await (await trip.door.cosmos()).client.delete_database(CAR.database)
    view, _ = await trip.look(len(trip.facts))
    assert not isinstance(view.parts, Unknown)
    assert {one.participant: (one.state is not None, bool(one.problem)) for one in view.parts} == {
        name: (name != CAR.name, name == CAR.name) for name in TRIP.names
    }
    assert not isinstance(view.states, Unknown)
    assert {one.participant for one in view.states if one.events} == set(TRIP.names) - {CAR.name}
