import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from azure.core.pipeline.transport import AioHttpTransport
from azure.cosmos import PartitionKey
from azure.cosmos.aio import CosmosClient
from quartet_emulators.cosmos.wire.authorisation import WELL_KNOWN_KEY

from quartet.engine.failures.timeouts import stretched


@asynccontextmanager
async def running(data_dir: Path, port: int = 0) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """`python -m quartet_emulators.cosmos` as a process, and its port; killed at the end if it still runs."""
    command = [sys.executable, "-m", "quartet_emulators.cosmos", "--data-dir", str(data_dir), "--port", str(port)]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), stretched(30))).decode()
        yield process, int(line.rpartition(":")[2] or 0)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def connect(port: int) -> CosmosClient:
    transport = AioHttpTransport(use_env_settings=False)
    return CosmosClient(f"http://127.0.0.1:{port}/", WELL_KNOWN_KEY, transport=transport, retry_total=0)


async def test_kill_9_loses_no_acknowledged_write(tmp_path: Path) -> None:
    """Writers run until the server dies under them; what was acknowledged before must be there after."""
    acknowledged: set[str] = set()
    async with running(tmp_path) as (process, port), connect(port) as client:
        shop = await client.create_database("shop")
        orders = await shop.create_container("orders", PartitionKey("/pk"))
        enough = asyncio.Event()

        async def write(writer: int) -> None:
            number = 0
            while True:
                ids = [f"{writer}-{number}-{part}" for part in range(3)]
                await orders.execute_item_batch([("create", ({"id": item_id, "pk": "b1"},)) for item_id in ids], "b1")
                acknowledged.update(ids)
                number += 1
                if len(acknowledged) >= 300:
                    enough.set()

        writers = [asyncio.create_task(write(writer)) for writer in range(4)]
        await asyncio.wait_for(enough.wait(), stretched(30))
        process.kill()
        await process.wait()
        for task in writers:
            task.cancel()
        await asyncio.gather(*writers, return_exceptions=True)
    async with running(tmp_path) as (_, port), connect(port) as client:
        orders = client.get_database_client("shop").get_container_client("orders")
        found = {item_id async for item_id in orders.query_items("SELECT VALUE c.id FROM c", max_item_count=-1)}
    assert len(acknowledged) >= 300
    assert acknowledged <= found
    assert len(found) % 3 == 0  # whole batches only


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    async with running(tmp_path) as (process, port):
        assert port > 0
        process.send_signal(number)
        _, errors = await asyncio.wait_for(process.communicate(), stretched(30))
        assert (process.returncode, errors) == (0, b"")


async def test_a_port_in_use_is_one_line_and_status_2(tmp_path: Path) -> None:
    async with running(tmp_path / "one") as (_, port), running(tmp_path / "two", port) as (second, none):
        _, errors = await asyncio.wait_for(second.communicate(), stretched(30))
        assert (second.returncode, none, errors.count(b"\n")) == (2, 0, 1)
        assert f"port {port} is in use".encode() in errors


async def test_a_data_directory_in_use_is_one_line_and_status_2(tmp_path: Path) -> None:
    async with running(tmp_path), running(tmp_path) as (second, _):
        _, errors = await asyncio.wait_for(second.communicate(), stretched(30))
        assert (second.returncode, errors.count(b"\n")) == (2, 1)
        assert b"another process uses it" in errors
