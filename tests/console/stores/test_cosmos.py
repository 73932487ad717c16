"""What only the store in Cosmos DB must survive: a crash between two writes, a rival, a server that fails."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from quartet_emulators.faults import Rule

from quartet.azure.cosmos.client import BatchLimits
from quartet.azure.cosmos.console_database import BUCKETS
from quartet.console.projection.cosmos.documents import FIGURES_EXPIRE, pk_of
from quartet.console.projection.facts import Batch
from quartet.console.projection.port import Projection, Totals
from quartet.engine.errors import OutageError
from tests.console.stores.asking import everything, figures
from tests.console.stores.facts import MAIN, MINUTE, batch, cancelled, fact, taken
from tests.console.stores.store_fixture import Store, a_store

EVENTS = batch(*taken("trip-1", 1), *cancelled("trip-2", 4), fact("trip-3", "TripBooked.v1", 7), strays=2)
WRITES = range(1, 4)
"""Of a batch: two buckets or more, and the position."""


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


async def test_a_saga_and_its_messages_are_two_requests_however_many_events_it_has(store: Store) -> None:
    projection = store.open()
    for n in range(1, 120):
        await projection.take(batch(fact("trip-1", "RoomReserved.v1", n, event_id=f"e-{n}")))
        if n not in {1, 11, 119}:
            continue
        before = store.requests()
        saga = await projection.saga("trip-1")
        asked = store.requests()
        raws = await projection.raws("trip-1")
        assert saga is not None
        assert len(saga.facts) == len(raws) == n
        assert ((asked - before).total(), (store.requests() - asked).total()) == (2, 2)


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


def _noise(seed: int) -> bytes:
    """Bytes that do not compress."""
    from random import Random

    return Random(seed).randbytes(60_000)
