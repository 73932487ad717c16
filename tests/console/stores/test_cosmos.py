"""What only the store in Cosmos DB must survive: a crash between two writes, a rival, a server that fails."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
import structlog
from azure.cosmos.aio import ContainerProxy
from quartet_emulators.cosmos import CosmosEmulator
from quartet_emulators.faults import Injector, Rule

from quartet.azure.cosmos.client import BatchLimits, cosmos_client
from quartet.azure.cosmos.console_database import BUCKETS, CONTAINERS, SAGAS
from quartet.azure.cosmos.provision import open_database
from quartet.azure.credentials import Credentials
from quartet.azure.settings import Settings
from quartet.console.projection.cosmos.documents import FIGURES_EXPIRE, pk_of
from quartet.console.projection.cosmos.store import CosmosProjection, open_projection
from quartet.console.projection.facts import Batch
from quartet.console.projection.port import Projection, Totals
from quartet.console.projection.sqlite.store import SqliteProjection
from quartet.console.serving import open_store
from quartet.console.settings import ConsoleSettings
from quartet.engine.errors import OutageError
from tests.console.stores.facts import MAIN, MINUTE, NOW, OTHER, batch, cancelled, fact, taken
from tests.console.stores.test_promises import everything, figures

EVENTS = batch(*taken("trip-1", 1), *cancelled("trip-2", 4), fact("trip-3", "TripBooked.v1", 7), strays=2)
WRITES = range(1, 4)
"""Of a batch: two buckets or more, and the position."""


@dataclass(frozen=True, slots=True)
class Store:
    """A container, and what can be done to its server."""

    container: ContainerProxy
    faults: Injector
    counters: Counter[tuple[str, str]]
    settings: Settings

    def open(self, generation: int = 1, limits: BatchLimits | None = None) -> CosmosProjection:
        """As a process does that begins."""
        return CosmosProjection(self.container, generation, now=lambda: NOW, limits=limits)

    def fails(self, fault: str, operation: str, nth: int = 1, **more: Any) -> None:  # noqa: ANN401 -- fields of a rule
        """Let the n-th request of this kind fail, and no other."""
        rule = Rule("a fault", "cosmos", fault, {"operation": operation}, every=nth, limit=1, **more)
        self.faults.replace([rule], 7)

    def requests(self) -> Counter[str]:
        """All requests about documents so far, by operation."""
        return Counter({operation: count for (_, operation), count in self.counters.items() if operation != "metadata"})


@asynccontextmanager
async def a_store(data_dir: Path) -> AsyncIterator[Store]:
    counters: Counter[tuple[str, str]] = Counter()
    faults = Injector("cosmos")
    emulator = CosmosEmulator(data_dir, counters=counters, faults=faults)
    await emulator.start()
    settings = Settings(
        cosmos_connection_string=emulator.connection_string,
        event_hubs_connection_string="not used",
        blob_connection_string="not used",
    )
    try:
        async with Credentials() as credentials, cosmos_client(settings, credentials, "tests") as client:
            database = await open_database(client, "console", CONTAINERS, buckets=BUCKETS, may_create=True)
            yield Store(database.get_container_client(SAGAS.name), faults, counters, settings)
    finally:
        await emulator.stop()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with a_store(tmp_path / "store") as made:
        yield made


@pytest.fixture
async def expected(tmp_path: Path) -> tuple[object, ...]:
    async with a_store(tmp_path / "undisturbed") as undisturbed:
        projection = undisturbed.open()
        await projection.take(EVENTS)
        return await everything(projection)


async def taken_at_last(store: Store, events: Batch) -> Projection:
    """As the follower does: what is not taken is delivered again, here to a new process each time."""
    for _ in range(9):
        projection = store.open()
        try:
            await projection.take(events)
        except OutageError:
            continue
        return store.open()
    raise AssertionError("the store did not recover")


@pytest.mark.parametrize(
    ("fault", "applied", "nth"),
    [
        *(pytest.param("timeout", False, nth, id=f"not done-{nth}") for nth in WRITES),
        *(pytest.param("timeout", True, nth, id=f"done and not said-{nth}") for nth in WRITES),
        *(pytest.param("lost_reply", False, nth, id=f"sent again-{nth}") for nth in WRITES),
        *(pytest.param("repeat", False, nth, id=f"done twice-{nth}") for nth in WRITES),
        *(pytest.param("rival_write", False, nth, id=f"overtaken-{nth}") for nth in WRITES[:2]),
    ],
)
async def test_a_write_that_fails_or_is_repeated_counts_once(
    store: Store, expected: tuple[object, ...], fault: str, applied: bool, nth: int
) -> None:
    # So that sagas and positions are replaced, as most are.
    first, second = EVENTS.facts[:2], EVENTS.facts[2:]
    await store.open().take(batch(*first, strays=2))
    store.fails(fault, "batch", nth, applied=applied)
    projection = await taken_at_last(store, batch(*second))
    store.faults.replace([], 7)
    assert store.faults.injected[fault] == 1
    assert await everything(projection) == expected


@pytest.mark.parametrize("operation", ["query", "create"])
async def test_a_read_or_a_first_position_that_fails_costs_a_repeat(
    store: Store, expected: tuple[object, ...], operation: str
) -> None:
    store.fails("timeout", operation, applied=True)
    projection = await taken_at_last(store, EVENTS)
    store.faults.replace([], 7)
    assert store.faults.injected["timeout"] == 1
    assert await everything(projection) == expected


async def test_a_server_that_throttles_is_waited_for(store: Store, expected: tuple[object, ...]) -> None:
    rule = Rule("busy", "cosmos", "throttle", {"operation": "*"}, every=2, limit=6, retry_after_ms=1)
    store.faults.replace([rule], 7)
    projection = await taken_at_last(store, EVENTS)
    store.faults.replace([], 7)
    assert store.faults.injected["throttle"] == 6
    assert await everything(projection) == expected


async def test_two_processes_that_write_the_same_count_it_once(store: Store, expected: tuple[object, ...]) -> None:
    """While a new revision takes over, both run."""
    old, new = store.open(), store.open()
    await asyncio.gather(old.take(EVENTS), new.take(EVENTS))
    assert await everything(store.open()) == expected
    for projection in (old, new):
        assert (await projection.totals(0)).sagas == 3


async def test_two_processes_with_other_batches_count_each_event_once(
    store: Store, expected: tuple[object, ...]
) -> None:
    old, new = store.open(), store.open()
    facts = EVENTS.facts

    async def one_by_one() -> None:
        for at in range(len(facts)):
            await old.take(batch(facts[at]))

    async def in_threes() -> None:
        for at in range(0, len(facts), 3):
            await new.take(batch(*facts[at : at + 3]))

    await asyncio.gather(one_by_one(), in_threes())
    totals, marks, steps = await figures(store.open())
    _, expected_marks, expected_steps = cast("tuple[Totals, object, object]", expected[0])
    assert (totals.sagas, dict(totals.ended)) == (3, {"TripTaken.v1": 1, "TripCancelled.v1": 1})
    assert (marks, steps) == (expected_marks, expected_steps)


async def test_what_another_process_wrote_is_looked_at_after_a_conflict(store: Store) -> None:
    old, new = store.open(), store.open()
    await old.take(batch(fact("trip-1", "TripBooked.v1", 1)))
    assert (await old.totals(0)).open == 1
    await new.take(batch(fact("trip-1", "TripTaken.v1", 2)))
    await old.take(batch(fact("trip-1", "TripTaken.v1", 2)))
    totals = await store.open().totals(0)
    assert (totals.open, dict(totals.ended)) == (0, {"TripTaken.v1": 1})


async def test_a_batch_is_one_read_and_one_write_for_each_bucket_and_its_position(store: Store) -> None:
    projection = store.open()
    await projection.take(batch(fact("trip-0", "TripBooked.v1", 1)))
    facts = [fact(f"trip-{n}", "TripBooked.v1", n) for n in range(2, 300)]
    assert len({pk_of(1, one.saga) for one in facts}) == BUCKETS
    before = store.requests()
    await projection.take(batch(*facts))
    assert store.requests() - before == {"query": BUCKETS, "batch": BUCKETS + 1}


async def test_what_several_places_bring_meanwhile_is_written_together(store: Store) -> None:
    projection = store.open()
    await projection.positions()
    same = [f"trip-{n}" for n in range(999) if pk_of(1, f"trip-{n}") == "1.3"][:6]
    before = store.requests()
    batches = [
        batch(fact(saga, "TripBooked.v1", 1, place=place), place=place)
        for saga, place in zip(same, [MAIN._replace(partition=str(n)) for n in range(6)], strict=True)
    ]
    await asyncio.gather(*(projection.take(one) for one in batches))
    assert store.requests() - before == {"query": 1, "batch": 1, "create": 6}


async def test_a_saga_is_two_requests_however_many_events_it_has(store: Store) -> None:
    projection = store.open()
    for n in range(1, 12):
        await projection.take(batch(fact("trip-1", "RoomReserved.v1", n, event_id=f"e-{n}")))
    before = store.requests()
    saga = await projection.saga("trip-1")
    assert saga is not None
    assert len(saga.facts) == 11
    assert (store.requests() - before).total() == 2


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_a_batch_that_the_server_finds_too_large_is_cut(store: Store) -> None:
    """By what it says, if our own estimate was wrong."""
    projection = store.open(limits=BatchLimits(size=100_000_000))
    many = [fact("trip-1", "RoomReserved.v1", n, event_id=f"e-{n}", body=_noise(n)) for n in range(1, 61)]
    await projection.take(batch(*many))
    saga = await projection.saga("trip-1")
    assert saga is not None
    assert len(saga.facts) == 60
    for one in (many[0], many[-1]):
        assert await projection.raw("trip-1", one.key) == one.raw


async def test_figures_of_minutes_expire_and_others_do_not(store: Store) -> None:
    projection = store.open()
    await projection.take(batch(fact("trip-1", "TripBooked.v1", 1)))
    long_ago = fact("trip-2", "TripBooked.v1", 2, at=(MINUTE - 600) * 60_000)
    await projection.take(batch(long_ago))
    documents = [one async for one in store.container.query_items("SELECT * FROM c")]
    assert {one["id"]: one.get("ttl") for one in documents if one.get("ttl") is not None} == {
        f"m.{MINUTE}": FIGURES_EXPIRE
    }
    totals = await projection.totals(0)
    assert totals.open == 2
    assert dict(await projection.marks(0, MINUTE + 1)).keys() == {MINUTE}


async def test_what_was_cleared_is_removed(store: Store) -> None:
    projection = store.open()
    await projection.take(EVENTS)
    await projection.clear({})
    await projection.tidy()
    documents = [one["id"] async for one in store.container.query_items("SELECT * FROM c")]
    assert documents == ["meta"]


async def test_what_a_process_left_that_ended_while_it_cleared_is_removed(store: Store) -> None:
    projection = store.open()
    await projection.take(EVENTS)
    await projection.clear({"trips": "now"})
    store.fails("timeout", "batch", 2)
    with pytest.raises(OutageError):
        await projection.tidy()
    store.faults.replace([], 7)
    async with open_projection(store.settings) as again:
        assert (await again.totals(0)).sagas == 0
        assert await again.made_at() == {"trips": "now"}
        await again.tidy()
    documents = [one["id"] async for one in store.container.query_items("SELECT * FROM c")]
    assert documents == ["meta"]


async def test_it_is_opened_with_what_is_there(store: Store) -> None:
    async with open_projection(store.settings) as projection:
        await projection.take(batch(fact("trip-1", "TripBooked.v1", 1), place=OTHER))
    async with open_projection(store.settings) as again:
        assert (await again.positions()).keys() == {OTHER}
    async with open_projection(store.settings, rebuild=True) as rebuilt:
        assert not await rebuilt.positions()


def _noise(seed: int) -> bytes:
    """Bytes that do not compress."""
    from random import Random

    return Random(seed).randbytes(60_000)


async def test_documents_of_another_version_are_forgotten(store: Store) -> None:
    async with open_projection(store.settings) as projection:
        await projection.clear({"trips": "now"})
        await projection.take(EVENTS)
    meta = await store.container.read_item("meta", partition_key="meta")
    await store.container.upsert_item({**meta, "version": 0})
    async with open_projection(store.settings) as another:
        assert not await another.positions()
        assert await another.made_at() == {}, "so the hub is read from its beginning"


async def test_the_setting_chooses_the_store(store: Store, tmp_path: Path) -> None:
    log = structlog.get_logger()
    for chosen, kind in (("cosmos", CosmosProjection), ("sqlite", SqliteProjection)):
        own = ConsoleSettings(store=cast("Any", chosen), data=tmp_path)
        async with open_store(own, store.settings, log, rebuild=False) as opened:
            assert isinstance(opened, kind)


async def test_a_store_that_does_not_answer_yet_is_waited_for(store: Store) -> None:
    store.faults.replace([Rule("late", "cosmos", "timeout", {"operation": "read"}, limit=9)], 7)
    with structlog.testing.capture_logs() as lines:
        async with open_store(
            ConsoleSettings(store="cosmos"), store.settings, structlog.get_logger(), rebuild=False
        ) as opened:
            assert not await opened.positions()
    assert [(line["event"], line["server"]) for line in lines] == [("waiting", "Cosmos DB")]
