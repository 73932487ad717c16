"""A query that looks at much is answered in a thread of its own, beside everything else."""

import asyncio
import json
import sqlite3
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosHttpResponseError
from quartet_emulators.cosmos import CosmosEmulator
from quartet_emulators.cosmos.exchange import Answer, Call
from quartet_emulators.cosmos.resources.container import Container
from quartet_emulators.cosmos.wire.items import answer_items

from quartet.engine.failures.timeouts import stretched
from tests.emulators.cosmos.clock import Clock
from tests.emulators.cosmos.direct import Direct

ITEMS = 600
SCAN = "SELECT VALUE c.id FROM c WHERE c.n = 5 OR c.n = 6"


class Gate:
    """Holds a read back in its thread after it has begun."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()
        monkeypatch.setattr("quartet_emulators.cosmos.wire.dispatch.answer_items", self._answer_items)

    def _answer_items(self, container: Container, call: Call, operation: str, now: float) -> Answer:
        if operation == "query" and threading.current_thread() is not threading.main_thread():
            assert container.find('["b1"]', "o-5", now) is not None  # the snapshot begins with the first read
            self.reached.set()
            assert self.opened.wait(stretched(20))
        return answer_items(container, call, operation, now)

    async def wait(self) -> None:
        assert await asyncio.to_thread(self.reached.wait, stretched(20))


@pytest.fixture
async def filled(orders: ContainerProxy) -> ContainerProxy:
    for first in range(0, ITEMS, 100):
        batch = [("create", ({"id": f"o-{number}", "pk": "b1", "n": number},)) for number in range(first, first + 100)]
        await orders.execute_item_batch(batch, "b1")
    return orders


async def rows(container: ContainerProxy, text: str) -> list[object]:
    return [row async for row in container.query_items(text)]


async def test_reads_and_writes_continue_while_a_query_runs_which_sees_what_was_there_when_it_began(
    filled: ContainerProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    query = asyncio.create_task(rows(filled, SCAN))
    await gate.wait()
    assert (await filled.read_item("o-5", "b1"))["n"] == 5
    await filled.upsert_item({"id": "o-5", "pk": "b1", "n": 0})
    await filled.create_item({"id": "new", "pk": "b1", "n": 6})
    assert not query.done()
    gate.opened.set()
    assert await query == ["o-5", "o-6"]
    assert await rows(filled, SCAN) == ["o-6", "new"]


async def test_what_is_read_aside_is_counted_and_charged_as_any_other(
    filled: ContainerProxy, counters: Counter[tuple[str, str]], charged: dict[tuple[str, str], float]
) -> None:
    counters.clear()
    charged.clear()
    assert await rows(filled, SCAN) == ["o-5", "o-6"]
    assert sum(count for (_, name), count in counters.items() if name == "query") == 1
    assert sum(units for (_, name), units in charged.items() if name == "query") > 0.02 * ITEMS


async def test_an_error_in_the_thread_is_the_answer(filled: ContainerProxy) -> None:
    with pytest.raises(CosmosHttpResponseError, match="no value") as error:
        await rows(filled, "SELECT * FROM c WHERE c.n > @missing")
    assert error.value.status_code == 400
    assert await rows(filled, SCAN) == ["o-5", "o-6"]


async def test_indexes_are_built_between_requests(filled: ContainerProxy, emulator: CosmosEmulator) -> None:
    for first in range(ITEMS, 2400, 100):
        batch = [("create", ({"id": f"o-{number}", "pk": "b1", "n": number},)) for number in range(first, first + 100)]
        await filled.execute_item_batch(batch, "b1")
    assert await rows(filled, "SELECT VALUE c.id FROM c WHERE c.n = 7") == ["o-7"]

    def entries() -> int:
        with closing(sqlite3.connect(emulator.account.storage.path)) as file:
            return int(file.execute("SELECT COUNT(*) FROM entries").fetchone()[0])

    for _ in range(round(stretched(2000))):
        if entries() == 2400:
            break
        await asyncio.sleep(0.01)
    assert entries() == 2400
    assert await rows(filled, "SELECT VALUE c.id FROM c WHERE c.n = 7") == ["o-7"]


async def test_a_stop_does_not_wait_for_a_query(
    filled: ContainerProxy, emulator: CosmosEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    query = asyncio.create_task(rows(filled, SCAN))
    await gate.wait()
    stopping = asyncio.create_task(emulator.stop())
    threading.Timer(1.5, gate.opened.set).start()
    async with asyncio.timeout(stretched(10)):
        await stopping
    query.cancel()
    await asyncio.gather(query, return_exceptions=True)


def test_data_from_before_items_had_an_end_is_taken_over(tmp_path: Path, clock: Clock) -> None:
    direct = Direct(tmp_path, clock)
    key = {"paths": ["/pk"], "kind": "Hash", "version": 2}
    assert direct("PUT", "dbs/shop/colls/orders", {"id": "orders", "partitionKey": key, "defaultTtl": 60}).status == 200
    for item_id, ttl in (("usual", None), ("long", 600), ("eternal", -1)):
        direct.items("POST", {"id": item_id, "pk": "b1"} | ({} if ttl is None else {"ttl": ttl}))
    direct.close()
    with closing(sqlite3.connect(tmp_path / "cosmos.db")) as file:
        file.executescript(
            "DROP INDEX items_by_end; ALTER TABLE items DROP COLUMN ends; DROP TABLE indexes; DROP TABLE entries;"
            "PRAGMA user_version = 0;"
        )
    again = Direct(tmp_path, clock)
    assert set(again.contents()) == {"usual", "long", "eternal"}
    clock.now += 61
    assert json.loads(again.query("SELECT VALUE c.id FROM c").body)["Documents"] == ["long", "eternal"]
    clock.now += 600
    assert json.loads(again.query("SELECT VALUE c.id FROM c").body)["Documents"] == ["eternal"]
    again.close()
