"""The store in Cosmos DB: opened, cleared and tidied."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
import structlog
from quartet_emulators.faults import Rule

from quartet.console.projection.cosmos.store import CosmosProjection, open_projection
from quartet.console.projection.sqlite.store import SqliteProjection
from quartet.console.serving import open_store
from quartet.console.settings import ConsoleSettings
from quartet.engine.errors import OutageError
from tests.console.stores.facts import OTHER, batch, cancelled, fact, taken
from tests.console.stores.store_fixture import Store, a_store

EVENTS = batch(*taken("trip-1", 1), *cancelled("trip-2", 4), fact("trip-3", "TripBooked.v1", 7), strays=2)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with a_store(tmp_path / "store") as made:
        yield made


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
