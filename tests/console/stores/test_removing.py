"""Sagas that ended long ago are removed whole, and the totals stay those of what is kept."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import cast

import pytest
from azure.cosmos.aio import ContainerProxy

from quartet.console.projection.cosmos.store import CosmosProjection
from quartet.console.projection.facts import Batch
from quartet.console.projection.port import Projection
from quartet.console.projection.sqlite import removing
from quartet.console.projection.sqlite.schema import connect, prepare
from quartet.console.projection.sqlite.store import SqliteProjection
from quartet.console.projection.summary import MINUTE as MS
from quartet.engine.errors import OutageError
from tests.console.console_fixture import content
from tests.console.stores.asking import LONG_AGO, everything, found
from tests.console.stores.facts import MAIN, MINUTE, NOW, OTHER, batch, cancelled, fact, taken
from tests.console.stores.store_fixture import Store, a_store

AFTER = MINUTE * MS + 20_000
"""The trips 1 and 2 have had no event since."""
EVENTS = batch(*taken("trip-1", 1), *cancelled("trip-2", 4), fact("trip-3", "TripBooked.v1", 7), strays=2)
LATER = batch(*taken("trip-4", 40))


async def removed(projection: Projection, before: int = AFTER, most: int = 100) -> list[str]:
    """The ids that were there to be removed, after they were."""
    sagas = sorted(await projection.ended_before(before, most))
    assert await projection.remove(sagas, before) == len(sagas)
    return sagas


async def test_sagas_that_ended_before_a_time_are_removed_and_others_stay(projection: Projection) -> None:
    await projection.take(EVENTS)
    await projection.take(LATER)
    before = await projection.saga("trip-3")
    assert await removed(projection) == ["trip-1", "trip-2"]
    assert await removed(projection) == []
    assert await found(projection, "") == ["trip-4", "trip-3"]
    assert await projection.saga("trip-1") is None
    assert await projection.raw("trip-1", EVENTS.facts[0].key) is None
    assert await found(projection, "traveller_id:t-1") == ["trip-4"]
    assert await found(projection, "sold_out") == await found(projection, "id:trip-1") == []
    # Its event came in the batch of those that were removed.
    assert await projection.saga("trip-3") == before
    assert await projection.raw("trip-3", EVENTS.facts[6].key) == EVENTS.facts[6].raw


async def test_the_totals_are_those_of_the_sagas_that_are_kept(projection: Projection) -> None:
    await projection.take(EVENTS)
    await projection.take(LATER)
    await removed(projection)
    totals = await projection.totals(LONG_AGO)
    assert (totals.sagas, totals.open, totals.compensating, totals.strays) == (2, 1, 0, 2)
    assert dict(totals.ended) == {"TripTaken.v1": 1}
    await removed(projection, NOW)
    totals = await projection.totals(LONG_AGO)
    assert (totals.sagas, totals.open, dict(totals.ended)) == (1, 1, {})


async def test_the_time_itself_and_what_came_after_it_are_kept(projection: Projection) -> None:
    await projection.take(EVENTS)
    end = MINUTE * MS + 3_000
    assert await removed(projection, end) == []
    assert await removed(projection, end + 1) == ["trip-1"]


async def test_a_saga_that_never_began_is_removed_like_one_that_failed(projection: Projection) -> None:
    await projection.take(batch(fact("trip-5", "TripBooked.v1", 1, problem="cannot be read")))
    assert await removed(projection) == ["trip-5"]
    assert (await projection.totals(LONG_AGO)).sagas == 0


async def test_an_event_without_effect_keeps_its_saga_like_any_other(projection: Projection) -> None:
    await projection.take(EVENTS)
    await projection.take(batch(fact("trip-1", "TripBooked.v1", 50, problem="has no effect")))
    assert await removed(projection) == ["trip-2"]


async def test_one_turn_removes_no_more_than_it_is_asked_for(projection: Projection) -> None:
    for number in range(5):
        await projection.take(batch(*taken(f"trip-{number}", 3 * number + 1)))
    assert [len(await removed(projection, most=2)) for _ in range(4)] == [2, 2, 1, 0]


async def test_a_saga_that_has_news_before_it_is_removed_is_kept(projection: Projection) -> None:
    await projection.take(EVENTS)
    sagas = await projection.ended_before(AFTER, 100)
    await projection.take(batch(fact("trip-1", "RoomReleased.v1", 50)))
    assert await projection.remove(sagas, AFTER) == 1
    saga = await projection.saga("trip-1")
    assert saga is not None
    assert (saga.summary.events, len(saga.facts)) == (4, 4)
    assert (await projection.totals(LONG_AGO)).sagas == 2


async def test_an_event_that_comes_later_begins_a_new_summary_that_counts_once(projection: Projection) -> None:
    await projection.take(EVENTS)
    await removed(projection)
    late = fact("trip-1", "RoomReleased.v1", 50, terms=[("room_id", "r-1")])
    await projection.take(batch(late))
    saga = await projection.saga("trip-1")
    assert saga is not None
    assert [one.key for one in saga.facts] == [late.key]
    assert (saga.summary.phase, saga.summary.events, saga.summary.first) == ("compensating", 1, late.key)
    totals = await projection.totals(LONG_AGO)
    assert (totals.sagas, totals.open, totals.compensating, dict(totals.ended)) == (2, 1, 1, {})
    assert await found(projection, "r-1") == ["trip-1"]
    # What was read before is not read again.
    await projection.take(EVENTS)
    assert (await projection.totals(LONG_AGO)).sagas == 2


async def test_the_figures_of_old_minutes_go_and_the_totals_stay(tmp_path: Path) -> None:
    """In Cosmos DB they expire."""
    projection = SqliteProjection(tmp_path)
    try:
        await projection.take(EVENTS)
        await projection.take(
            batch(fact("trip-9", "TripBooked.v1", 1, at=(MINUTE + 3_000) * MS, place=OTHER), place=OTHER)
        )
        totals = await projection.totals(LONG_AGO)
        for _ in range(3):
            await projection.forget_minutes((MINUTE + 3_000) * MS)
        assert list(await projection.marks(0, MINUTE + 9_000)) == [MINUTE + 3_000]
        assert await projection.steps(0) == []
        assert await projection.totals(LONG_AGO) == totals
    finally:
        await projection.close()


async def test_the_file_finds_what_is_old_by_an_index(tmp_path: Path) -> None:
    prepare(tmp_path / "file")
    connection = connect(tmp_path / "file")
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    assert removing.ended_before(connection, NOW, 100) == []
    connection.set_trace_callback(None)
    [steps] = [[row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")] for statement in asked]
    connection.close()
    assert steps == ["SEARCH sagas USING INDEX sagas_over (newest<?)"]


async def test_no_table_of_the_file_names_a_saga_that_was_removed(tmp_path: Path) -> None:
    projection = SqliteProjection(tmp_path)
    try:
        await projection.take(EVENTS)
        await removed(projection)
    finally:
        await projection.close()
    stored = str(content(tmp_path))
    assert [saga for saga in ("trip-1", "trip-2", "trip-3") if saga in stored] == ["trip-3"]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with a_store(tmp_path / "store") as made:
        yield made


async def texts(store: Store) -> str:
    return str([document async for document in store.container.query_items("SELECT * FROM c")])


@pytest.fixture
async def expected(tmp_path: Path) -> tuple[object, ...]:
    async with a_store(tmp_path / "undisturbed") as undisturbed:
        projection = undisturbed.open()
        await projection.take(EVENTS)
        await removed(projection)
        return await everything(projection)


@pytest.mark.parametrize("nth", range(1, 7))
@pytest.mark.parametrize(
    ("fault", "applied"), [("timeout", False), ("timeout", True), ("lost_reply", False), ("rival_write", False)]
)
async def test_a_process_that_ends_while_it_removes_leaves_nothing_behind(
    store: Store, expected: tuple[object, ...], fault: str, applied: bool, nth: int
) -> None:
    """In Cosmos DB a saga is several documents. What is left is removed in a later turn."""
    await store.open().take(EVENTS)
    store.fails(fault, "batch", nth, applied=applied)
    for _ in range(4):
        projection = store.open()
        try:
            await projection.remove(await projection.ended_before(AFTER, 100), AFTER)
        except OutageError:
            continue
    store.faults.replace([], 7)
    projection = store.open()
    assert await everything(projection) == expected
    stored = await texts(store)
    assert [saga for saga in ("trip-1", "trip-2", "trip-3") if saga in stored] == ["trip-3"]


async def test_a_turn_that_finds_nothing_costs_two_requests_however_much_is_stored(store: Store) -> None:
    costs = []
    for count in (1, 40):
        sagas = [one for number in range(count) for one in taken(f"trip-{count}-{number}", 100 * count + 3 * number)]
        await store.open().take(Batch(MAIN, batch(*sagas).position, sagas))
        projection, before = store.open(), store.requests()
        assert await removed(projection, MINUTE * MS) == []
        costs.append(store.requests() - before)
    assert costs[0] == costs[1]
    assert sum(costs[0].values()) == 2


class _Meanwhile:
    """A container in which something else happens before the first transaction."""

    def __init__(self, container: ContainerProxy, meanwhile: Callable[[], Awaitable[None]]) -> None:
        self._container = container
        self._meanwhile: Callable[[], Awaitable[None]] | None = meanwhile

    def __getattr__(self, name: str) -> object:
        return getattr(self._container, name)

    async def execute_item_batch(self, *arguments: object, **more: object) -> object:
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        return await self._container.execute_item_batch(*arguments, **more)  # type: ignore[arg-type]


async def test_an_event_that_comes_while_its_saga_is_removed_is_not_lost(store: Store) -> None:
    """One without effect changes no total: the saga's own document shows that it has news."""
    await store.open().take(batch(*taken("trip-1", 1)))
    late = batch(fact("trip-1", "TripBooked.v1", 50, problem="has no effect"))

    async def rival() -> None:
        await store.open().take(late)

    projection = CosmosProjection(cast("ContainerProxy", _Meanwhile(store.container, rival)), 1, now=lambda: NOW)
    assert await projection.remove(["trip-1"], AFTER) == 0
    saga = await store.open().saga("trip-1")
    assert saga is not None
    assert (saga.summary.events, len(saga.facts), saga.summary.phase) == (4, 4, "ended")
    assert (await projection.totals(LONG_AGO)).sagas == 1
