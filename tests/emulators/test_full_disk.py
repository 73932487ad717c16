"""A disk without room: each server says so, keeps what it has, and continues when there is room again."""

import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, CosmosClient
from azure.cosmos.exceptions import CosmosHttpResponseError
from quartet_emulators.blob import BlobEmulator
from quartet_emulators.cosmos import CosmosEmulator
from quartet_emulators.disk import DISK_FULL, is_full, transaction

from tests.emulators.blob.signed_client import SignedClient
from tests.emulators.cosmos.clock import Clock
from tests.emulators.cosmos.direct import Direct
from tests.emulators.full_disk import LARGE, without_room


@pytest.fixture
def direct(tmp_path: Path) -> Iterator[Direct]:
    direct = Direct(tmp_path, Clock())
    yield direct
    direct.close()


@pytest.fixture
async def container(tmp_path: Path) -> AsyncIterator[tuple[CosmosEmulator, ContainerProxy]]:
    emulator = CosmosEmulator(tmp_path)
    await emulator.start()
    async with CosmosClient.from_connection_string(emulator.connection_string) as client:
        database = await client.create_database("shop")
        yield emulator, await database.create_container("orders", PartitionKey("/pk"))
    await emulator.stop()


def database_of(direct: Direct) -> sqlite3.Connection:
    return direct.account.storage._db  # noqa: SLF001 - the disk, to fill it


def item(name: str, **more: object) -> dict[str, object]:
    return {"id": name, "pk": "b1", "text": LARGE, **more}


def of(direct: Direct) -> set[str]:
    return set(direct.contents())


def test_cosmos_refuses_what_has_no_room_and_continues_when_there_is_some(
    direct: Direct, caplog: pytest.LogCaptureFixture
) -> None:
    assert direct.items("POST", item("1")).status == 201
    with without_room(database_of(direct)):
        refused = direct.items("POST", item("2"))
        assert (refused.status, json.loads(refused.body)["message"]) == (403, DISK_FULL)
        assert "x-ms-substatus" not in refused.headers
        assert of(direct) == {"1"}
        assert direct.items("GET", item="1").status == 200
    assert caplog.messages == ["the disk is full: a write is refused with 403"]
    assert direct.items("POST", item("2")).status == 201
    assert of(direct) == {"1", "2"}


def test_of_a_batch_nothing_is_written(direct: Direct) -> None:
    create = [{"operationType": "Create", "resourceBody": item(name)} for name in "123"]
    with without_room(database_of(direct)):
        assert direct.batch(create).status == 403
        assert of(direct) == set()
    assert direct.batch(create).status == 200
    assert of(direct) == {"1", "2", "3"}


def test_of_a_bulk_each_operation_says_it(direct: Direct) -> None:
    small = {"id": "small", "pk": "b1"}
    operations = [
        {"operationType": "Create", "partitionKey": '["b1"]', "resourceBody": body} for body in (item("1"), small)
    ]
    headers = {"x_ms_cosmos_is_batch_request": "True", "x_ms_cosmos_batch_atomic": "false"}
    headers |= {"x_ms_cosmos_batch_continue_on_error": "True", "x_ms_documentdb_partitionkeyrangeid": "0"}
    with without_room(database_of(direct)):
        answer = direct("POST", "dbs/shop/colls/orders/docs", operations, **headers)
        assert [result["statusCode"] for result in json.loads(answer.body)] == [403, 201]
    assert of(direct) == {"small"}


def test_a_container_comes_with_its_offer_or_not_at_all(tmp_path: Path) -> None:
    direct = Direct(tmp_path, Clock())
    key = {"paths": ["/pk"], "kind": "Hash", "version": 2}
    database = database_of(direct)
    database.execute("CREATE TRIGGER full BEFORE INSERT ON offers BEGIN SELECT RAISE(ABORT, 'no room'); END")
    assert direct("POST", "dbs/shop/colls", {"id": "attic", "partitionKey": key}).status == 503
    assert direct("POST", "dbs", {"id": "cellar"}, x_ms_offer_throughput="400").status == 503
    direct.close()

    with closing(sqlite3.connect(tmp_path / "cosmos.db")) as file:
        file.execute("DROP TRIGGER full")
        file.commit()
    with closing(Direct(tmp_path, Clock())) as again:  # as the disk has it
        for path in ("dbs/shop/colls/attic", "dbs/cellar"):
            assert again("GET", path).status == 404
        assert again("POST", "dbs/shop/colls", {"id": "attic", "partitionKey": key}).status == 201


def test_a_container_whose_commit_failed_leaves_no_offer(direct: Direct) -> None:
    def no_commit(action: int, word: str | None, _b: str | None, _c: str | None, _d: str | None) -> int:
        return sqlite3.SQLITE_DENY if (action, word) == (sqlite3.SQLITE_TRANSACTION, "COMMIT") else sqlite3.SQLITE_OK

    before = json.loads(direct("GET", "offers").body)["Offers"]
    key = {"paths": ["/pk"], "kind": "Hash", "version": 2}
    database_of(direct).set_authorizer(no_commit)
    assert direct("POST", "dbs/shop/colls", {"id": "attic", "partitionKey": key}).status == 503
    assert direct("POST", "dbs", {"id": "cellar"}, x_ms_offer_throughput="400").status == 503
    database_of(direct).set_authorizer(None)
    assert json.loads(direct("GET", "offers").body)["Offers"] == before
    assert direct("GET", "dbs/shop/colls/attic").status == 404


def test_what_is_not_deleted_keeps_its_offer(direct: Direct) -> None:
    database = database_of(direct)
    offers = json.loads(direct("GET", "offers").body)["Offers"]
    database.execute("CREATE TRIGGER full BEFORE DELETE ON containers BEGIN SELECT RAISE(ABORT, 'no room'); END")
    assert direct("DELETE", "dbs/shop/colls/orders").status == 503
    assert json.loads(direct("GET", "offers").body)["Offers"] == offers
    assert len(offers) == 1


async def test_the_sdk_of_cosmos_does_not_repeat_it(
    container: tuple[CosmosEmulator, ContainerProxy], caplog: pytest.LogCaptureFixture
) -> None:
    emulator, items = container
    account = emulator._account  # noqa: SLF001 - the disk, to fill it
    assert account is not None
    with without_room(account.storage._db):  # noqa: SLF001 - the same
        with pytest.raises(CosmosHttpResponseError, match="disk is full") as refused:
            await items.create_item(item("1"))
        assert refused.value.status_code == 403
    assert caplog.messages.count("the disk is full: a write is refused with 403") == 1  # it was not repeated
    await items.create_item(item("1"))


async def test_reads_continue_though_expired_items_cannot_be_deleted(tmp_path: Path) -> None:
    clock = Clock()
    with closing(Direct(tmp_path, clock)) as direct:
        key = {"paths": ["/pk"], "kind": "Hash", "version": 2}
        direct("POST", "dbs/shop/colls", {"id": "notes", "partitionKey": key, "defaultTtl": 10})
        docs, header = "dbs/shop/colls/notes/docs", {"x_ms_documentdb_partitionkey": '["b1"]'}
        direct("POST", docs, {"id": "old", "pk": "b1"}, **header)
        clock.now += 60
        direct.account.storage._db.execute("PRAGMA query_only = ON")  # noqa: SLF001 - a disk that takes nothing
        assert direct("GET", docs, **header).status == 200
        assert direct("GET", f"{docs}/old", **header).status == 404


async def test_blob_refuses_what_has_no_room_and_continues_when_there_is_some(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    emulator = BlobEmulator(tmp_path, clock=Clock())
    await emulator.start()
    put = {"x_ms_blob_type": "BlockBlob"}
    async with SignedClient(emulator.port, date=Clock().now) as http:
        await http("PUT", "shop?restype=container")
        await http("PUT", "shop/tea", b"green", **put)
        with without_room(emulator._store._db):  # type: ignore[union-attr] # noqa: SLF001 - the disk, to fill it
            refused = await http("PUT", "shop/tea", LARGE.encode(), **put)
            assert refused.error == (403, "InsufficientAccountPermissions")
            assert refused.xml.findtext("Detail") == DISK_FULL
            assert (await http("GET", "shop/tea")).body == b"green"
        assert "PUT /devstoreaccount1/shop/tea is refused with 403: the disk is full" in caplog.messages
        assert (await http("PUT", "shop/tea", LARGE.encode(), **put)).status == 201
        assert (await http("GET", "shop/tea")).body == LARGE.encode()
    await emulator.stop()


class _NoCommit(sqlite3.Connection):
    """A disk that is full when the log is written, which SQLite does at the commit."""

    full = True

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:  # noqa: ANN401 - as its base
        if sql == "COMMIT" and self.full:
            raise sqlite3.OperationalError("database or disk is full")
        return super().execute(sql, parameters)


def test_a_transaction_whose_commit_failed_is_over() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None, factory=_NoCommit)) as database:
        database.execute("CREATE TABLE t (x)")
        with pytest.raises(sqlite3.OperationalError, match="full"), transaction(database):
            database.execute("INSERT INTO t VALUES (1)")
        database.full = False
        with transaction(database):
            database.execute("INSERT INTO t VALUES (2)")
        assert database.execute("SELECT x FROM t").fetchall() == [(2,)]


@pytest.mark.parametrize(("number", "full"), [(28, True), (122, True), (5, False)])
def test_the_operating_system_says_it_with_a_number(number: int, full: bool) -> None:
    assert is_full(OSError(number, "")) is full


def test_an_error_without_a_code_is_another_one() -> None:
    assert not is_full(sqlite3.ProgrammingError("closed"))
    assert not is_full(ValueError("full"))
