import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosHttpResponseError
from quartet_emulators.cosmos import CosmosEmulator
from quartet_emulators.cosmos.storage.sqlite_file import StorageError

from quartet.engine.failures.timeouts import stretched
from tests.emulators.cosmos.conftest import connect


async def exchange(port: int, data: bytes) -> bytes:
    """Send bytes, and return everything that comes back until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    answer = await asyncio.wait_for(reader.read(), stretched(5))
    writer.close()
    await writer.wait_closed()
    return answer


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"POST /dbs/ HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
        b"POST /dbs/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET /dbs/%ff%00 HTTP/1.1\r\nHost: x\r\nAuthorization: \xff\xfe\r\nConnection: close\r\n\r\n",
        b"GET //%2e%2e/dbs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ],
)
async def test_malformed_http_is_refused_and_affects_no_other_client(
    emulator: CosmosEmulator, orders: ContainerProxy, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await exchange(emulator.port, data)
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400", b"HTTP/1.1 401"))
    assert (await orders.create_item({"id": "1", "pk": "b1"}))["id"] == "1"
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_a_body_that_never_ends_is_cut_off(emulator: CosmosEmulator, orders: ContainerProxy) -> None:
    head = b"POST /dbs/ HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", emulator.port)
    writer.write(head + b"x" * 9_000_000)
    assert (await asyncio.wait_for(reader.readline(), stretched(5))).startswith(b"HTTP/1.1 413")
    writer.transport.abort()
    assert (await orders.create_item({"id": "1", "pk": "b1"}))["id"] == "1"


async def test_a_client_that_hangs_up_in_the_middle_affects_no_other_client(
    emulator: CosmosEmulator, orders: ContainerProxy
) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", emulator.port)
    writer.write(b"POST /dbs/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()
    writer.transport.abort()
    assert (await orders.create_item({"id": "1", "pk": "b1"}))["id"] == "1"


async def test_a_taken_port_is_an_oserror_and_leaves_nothing_open(emulator: CosmosEmulator, tmp_path: Path) -> None:
    second = CosmosEmulator(tmp_path / "second", port=emulator.port)
    with pytest.raises(OSError, match="address already in use"):
        await second.start()
    third = CosmosEmulator(tmp_path / "second")
    await third.start()
    await third.stop()


async def test_a_data_directory_belongs_to_one_process(emulator: CosmosEmulator, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="another process uses it"):
        await CosmosEmulator(tmp_path).start()
    assert emulator.port > 0


async def test_a_file_that_is_not_a_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "cosmos.db").write_bytes(b"this is not a database at all, sorry" * 100)
    with pytest.raises(StorageError, match=r"cosmos\.db"):
        await CosmosEmulator(tmp_path).start()
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot use the data directory"):
        await CosmosEmulator(tmp_path / "file").start()


async def test_stopping_twice_or_before_starting_is_fine(tmp_path: Path) -> None:
    emulator = CosmosEmulator(tmp_path)
    await emulator.stop()
    await emulator.start()
    await emulator.stop()
    await emulator.stop()
    with pytest.raises(RuntimeError):
        _ = emulator.account


@pytest.fixture
async def restarted(tmp_path: Path) -> AsyncIterator[CosmosEmulator]:
    """An emulator on the data that an earlier one has left, stopped while its client was connected."""
    first = CosmosEmulator(tmp_path)
    await first.start()
    async with connect(first) as client:
        shop = await client.create_database("shop", offer_throughput=700)
        orders = await shop.create_container("orders", PartitionKey("/pk"), default_ttl=1000)
        kept = await orders.create_item({"id": "kept", "pk": "b1", "n": 1})
        await orders.create_item({"id": "gone", "pk": "b1"})
        await orders.delete_item("gone", "b1")
        await orders.replace_item("kept", {**kept, "n": 2})
        dropped = await shop.create_container("dropped", PartitionKey("/pk"))
        await dropped.create_item({"id": "1", "pk": "b1"})
        await shop.delete_container("dropped")
        await asyncio.wait_for(first.stop(), stretched(1.5))
    second = CosmosEmulator(tmp_path)
    await second.start()
    yield second
    await second.stop()


async def test_everything_is_there_after_a_restart(restarted: CosmosEmulator) -> None:
    async with connect(restarted) as client:
        shop = client.get_database_client("shop")
        assert (await shop.get_throughput()).offer_throughput == 700
        assert [body["id"] async for body in shop.list_containers()] == ["orders"]
        orders = shop.get_container_client("orders")
        assert (await orders.read())["defaultTtl"] == 1000
        assert [item["id"] async for item in orders.read_all_items()] == ["kept"]
        kept = await orders.read_item("kept", "b1")
        assert kept["n"] == 2
        new = await orders.create_item({"id": "gone", "pk": "b1"})
        assert new["_rid"] > kept["_rid"]
        assert new.get_response_headers()["x-ms-session-token"] == "0:-1#5"


async def test_a_disk_that_refuses_is_503_and_changes_nothing(
    emulator: CosmosEmulator, orders: ContainerProxy, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object, **__: object) -> None:
        message = "database or disk is full"
        raise sqlite3.OperationalError(message)

    with monkeypatch.context() as full_disk:
        full_disk.setattr(emulator.account.container("shop", "orders").items, "write", refuse)
        with pytest.raises(CosmosHttpResponseError, match="disk is full") as error:
            await orders.create_item({"id": "1", "pk": "b1"})
    assert error.value.status_code == 503
    assert [item async for item in orders.read_all_items()] == []
    assert (await orders.create_item({"id": "1", "pk": "b1"}))["id"] == "1"
    assert any("disk refused" in record.message for record in caplog.records)
