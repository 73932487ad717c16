"""The disk: units, shared transactions, and what happens when one is lost."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from quartet_emulators.durable_tasks import entities, for_workers, instances, records
from quartet_emulators.durable_tasks.calls import Call
from quartet_emulators.durable_tasks.instances import Creation
from quartet_emulators.durable_tasks.protocol import chunks, field, microseconds, past, pb, timestamp
from quartet_emulators.durable_tasks.state import FILE, State
from quartet_emulators.durable_tasks.store import Store, StoreError
from quartet_emulators.durable_tasks.work import Kind

from tests.emulators.durable_tasks.wire import task


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = Store(tmp_path / FILE, asyncio.get_running_loop())
    yield store
    store.close()


def names(store: Store) -> list[str]:
    return [row[0] for row in store.db.execute("SELECT name FROM hubs ORDER BY key")]


def add(store: Store, name: str) -> None:
    with store.unit() as unit:
        unit.db.execute("INSERT INTO hubs (name) VALUES (?)", (name,))
        unit.after(lambda: effects.append(name))


def add_and_fail(store: Store) -> None:
    with store.unit() as unit:
        unit.db.execute("INSERT INTO hubs (name) VALUES ('lost')")
        unit.after(lambda: effects.append("lost"))
        raise ValueError("no")


effects: list[str] = []


@pytest.fixture(autouse=True)
def _no_effects() -> None:
    effects.clear()


async def test_units_of_one_turn_of_the_loop_share_a_transaction(store: Store) -> None:
    statements: list[str] = []
    store.db.set_trace_callback(statements.append)
    for name in ("one", "two", "three"):
        add(store, name)
    assert effects == [], "nothing happens before it is on disk"
    await store.committed()
    assert effects == ["one", "two", "three"]
    assert [text.split()[0] for text in statements].count("COMMIT") == 1


async def test_a_client_that_goes_away_takes_nothing_from_the_others(store: Store) -> None:
    async def request(name: str) -> None:
        add(store, name)
        await store.committed()

    gone, stays = asyncio.create_task(request("one")), asyncio.create_task(request("two"))
    await asyncio.sleep(0)  # both wait for the same transaction
    gone.cancel()
    await stays
    assert effects == ["one", "two"]
    assert gone.cancelled()


async def test_a_unit_that_fails_takes_nothing_else_with_it(store: Store) -> None:
    add(store, "one")
    with pytest.raises(ValueError, match="no"):
        add_and_fail(store)
    with pytest.raises(StoreError, match="UNIQUE"):
        add(store, "one")
    add(store, "two")
    await store.committed()
    assert names(store) == ["one", "two"]
    assert effects == ["one", "two"]


async def test_a_lost_transaction_is_an_error_for_all_that_wait(store: Store) -> None:
    lost: list[str] = []
    store.lost = lambda: lost.append("lost")
    add(store, "one")
    store.db.execute("CREATE TABLE parents (id INTEGER PRIMARY KEY)")
    store.db.execute("CREATE TABLE children (id INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED)")
    store.db.execute("COMMIT")
    store.db.execute("PRAGMA foreign_keys = ON")
    store.db.execute("BEGIN")
    with store.unit() as unit:
        unit.db.execute("INSERT INTO children VALUES (7)")  # only the COMMIT finds that there is no such parent
        unit.after(lambda: effects.append("seven"))
    with pytest.raises(StoreError, match="FOREIGN KEY"):
        await store.committed()
    assert lost == ["lost"]
    assert "seven" not in effects
    add(store, "two")
    await store.committed()
    assert names(store) == ["one", "two"]


@pytest.mark.usefixtures("store")
async def test_one_process_has_the_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="another process uses it"):
        Store(tmp_path / FILE, asyncio.get_running_loop())


async def test_a_file_that_is_no_database_is_one_line(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("no database" * 1000)
    with pytest.raises(StoreError, match="not a database"):
        Store(tmp_path / FILE, asyncio.get_running_loop())


async def test_of_two_completions_in_one_transaction_the_first_counts(tmp_path: Path) -> None:
    state = State(tmp_path, asyncio.get_running_loop())
    call = Call(state, "", "default")
    with state.store.unit() as unit:
        key = instances.create(call.hub, unit, Creation("one", "saga")).key
    await state.store.committed()
    items = for_workers.get_work_items(call, pb.GetWorkItemsRequest())
    item = pb.WorkItem.FromString(await anext(items))
    for number in (1, 2):
        response = pb.OrchestratorResponse(completionToken=item.completionToken, actions=[task(number)])
        await for_workers.complete_orchestrator_task(call, response)  # does not wait for the commit
    await state.store.committed()
    with state.store.unit() as unit:
        scheduled = unit.db.execute("SELECT task FROM activities").fetchall()
        (chunk,) = chunks(records.history(unit, key), 9999)
    history = [event.WhichOneof("eventType") for event in chunk.events]
    assert scheduled == [(1,)]
    assert history == ["orchestratorStarted", "executionStarted", "taskScheduled", "orchestratorCompleted"]
    state.close()
    assert [item async for item in items] == [], "the stream ends with its server"


def create_on_a_full_disk(state: State) -> None:
    with state.store.unit() as unit:
        instances.create(state.hub("default"), unit, Creation("lost", "saga"))
        unit.db.execute("ROLLBACK")  # SQLite does it when the disk is full, and then says so:
        raise sqlite3.OperationalError("database or disk is full")


async def test_what_is_lost_is_read_from_disk_again(tmp_path: Path) -> None:
    """After a lost transaction, workers come back and find the work that is on disk, and no other."""
    state = State(tmp_path, asyncio.get_running_loop())
    with state.store.unit() as unit:
        instances.create(state.hub("default"), unit, Creation("kept", "saga"))
    await state.store.committed()
    before = state.hub("default")
    stream = before.work.open(pb.GetWorkItemsRequest())
    assert await stream.next(1.0) is not None
    with pytest.raises(StoreError, match="disk is full"):
        create_on_a_full_disk(state)
    await state.store.committed()
    assert stream.ended
    again = state.hub("default")
    assert again is not before
    lease = await again.work.open(pb.GetWorkItemsRequest()).next(1.0)
    assert lease is not None
    assert lease.item.kind is Kind.TURN
    with state.store.unit() as unit:
        assert records.by_id(unit, again.key, "lost") is None
    state.close()


async def test_an_operation_behind_a_request_for_the_lock_waits(tmp_path: Path) -> None:
    state = State(tmp_path, asyncio.get_running_loop())
    hub = state.hub("default")
    signalled = pb.EntityOperationSignaledEvent(operation="add")
    wanted = pb.EntityLockRequestedEvent(criticalSectionId="section", lockSet=["@account@one"])
    with state.store.unit() as unit:
        orchestration = instances.create(hub, unit, Creation("one", "saga"))
        entities.signal(hub, unit, "@account@one", signalled)
        entities.lock(hub, unit, orchestration, wanted)
        entities.signal(hub, unit, "@account@one", signalled)
        entity = entities.by_id(unit, hub.key, "@account@one")
        assert entity is not None
        assert len(entities.runnable(unit, entity)) == 1
    state.close()


def test_stored_events_are_joined_without_being_parsed() -> None:
    long = pb.HistoryEvent(eventId=7, eventRaised=pb.EventRaisedEvent(name="x" * 300))
    short = pb.HistoryEvent(eventId=-1, orchestratorStarted=pb.OrchestratorStartedEvent())
    stored = past(event.SerializeToString() for event in (short, long))
    request = pb.OrchestratorRequest(instanceId="one").SerializeToString() + stored
    item = pb.WorkItem.FromString(field(pb.WorkItem, "orchestratorRequest", request))
    assert list(item.orchestratorRequest.pastEvents) == [short, long]
    assert [len(chunk.events) for chunk in chunks(stored, 100)] == [2]
    assert [len(chunk.events) for chunk in chunks(stored, 1)] == [1, 1]


@pytest.mark.parametrize("time", [0, 1, 1_700_000_000_123_456])
def test_times_are_whole_microseconds(time: int) -> None:
    assert microseconds(timestamp(time)) == time
