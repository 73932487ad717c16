"""`python -m quartet_emulators` as a person and a program meet it."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from azure.cosmos.aio import CosmosClient
from azure.eventhub import EventData
from azure.eventhub.aio import EventHubProducerClient
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore

from quartet.engine.failures.timeouts import stretched

NAMES = {
    "EVENT_HUBS_CONNECTION_STRING",
    "EVENT_HUB_NAME",
    "BLOB_CONNECTION_STRING",
    "BLOB_CONTAINER",
    "COSMOS_CONNECTION_STRING",
    "EMULATORS_CONTROL_URL",
}
FREE_PORTS = ("--event-hubs-port", "0", "--cosmos-port", "0", "--blob-port", "0")
DEADLINE = stretched(30.0)  # seconds; only a broken start takes as long

Start = Callable[..., Awaitable[Process]]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data directory"  # with a space, as people have them


@pytest.fixture
async def start(data_dir: Path) -> AsyncIterator[Start]:
    """Start emulators on free ports; flags that are given win, as the last one does. Kills them at the end."""
    started: list[Process] = []

    async def start(*flags: str) -> Process:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "quartet_emulators", "--data-dir", str(data_dir), *FREE_PORTS, *flags),
            stdout=PIPE,
            stderr=PIPE,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def until_ready(process: Process) -> str:
    """What was printed before `ready`."""
    assert process.stdout is not None
    text = await asyncio.wait_for(process.stdout.readuntil(b"ready\n"), DEADLINE)
    return text.decode()


async def failure(process: Process) -> str:
    """The one line that a failed start says, after checking that it is one and the exit status is 2."""
    out, err = await asyncio.wait_for(process.communicate(), DEADLINE)
    assert (process.returncode, out) == (2, b"")
    (line,) = err.decode().splitlines()
    return line


def sourced(path: Path) -> dict[str, str]:
    """The settings as a shell sees them."""
    script = 'set -a; . "$1"; exec "$2" -c "import json, os; print(json.dumps(dict(os.environ)))"'
    clean = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        ["/bin/sh", "-c", script, "sh", str(path), sys.executable], env=clean, capture_output=True, check=True
    )
    found = json.loads(done.stdout)
    return {name: found[name] for name in found if name in NAMES}


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


async def counters(settings: dict[str, str]) -> dict[str, dict[str, dict[str, float]]]:
    url = settings["EMULATORS_CONTROL_URL"] + "/counters"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert response.status == 200
        found: dict[str, dict[str, dict[str, float]]] = await response.json()
        return found


async def use_all_three(settings: dict[str, str], agent: str) -> None:
    """One request or more to each emulator, with nothing but the settings."""
    producer = EventHubProducerClient.from_connection_string(
        settings["EVENT_HUBS_CONNECTION_STRING"], eventhub_name=settings["EVENT_HUB_NAME"], user_agent=agent
    )
    async with producer:
        await producer.send_batch([EventData("hello")], partition_id="0")
    async with CosmosClient.from_connection_string(
        settings["COSMOS_CONNECTION_STRING"], user_agent_suffix=agent
    ) as cosmos:
        await cosmos.create_database_if_not_exists("orders")
    store = BlobCheckpointStore.from_connection_string(
        settings["BLOB_CONNECTION_STRING"], settings["BLOB_CONTAINER"], user_agent=agent
    )
    async with store:
        if not await store._container_client.exists():  # noqa: SLF001  # the store has no other way to create it
            await store._container_client.create_container()  # noqa: SLF001  # as above
        await store.list_ownership("ns", "hub", "group")


async def test_the_settings_file_is_enough_to_use_all_three(start: Start, data_dir: Path) -> None:
    process = await start()
    said = await until_ready(process)
    settings = sourced(data_dir / ".env")
    assert set(settings) == NAMES
    assert (settings["EVENT_HUB_NAME"], settings["BLOB_CONTAINER"]) == ("saga-events", "checkpoints")
    assert settings["EMULATORS_CONTROL_URL"] in said

    await use_all_three(settings, "visitor")
    seen = await counters(settings)
    assert {name for name, agents in seen.items() if "visitor" in agents} == {
        "event_hubs",
        "cosmos",
        "blob",
        "request_units",
    }
    assert seen["event_hubs"]["visitor"]["send"] == 1
    assert seen["blob"]["visitor"]["list"] == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_it_within_two_seconds(start: Start, data_dir: Path, number: signal.Signals) -> None:
    process = await start()
    await until_ready(process)
    settings = sourced(data_dir / ".env")
    producer = EventHubProducerClient.from_connection_string(
        settings["EVENT_HUBS_CONNECTION_STRING"], eventhub_name=settings["EVENT_HUB_NAME"]
    )
    async with producer, aiohttp.ClientSession() as session:
        await producer.send_batch([EventData("hello")])  # clients that stay connected do not hold it up
        await session.get(settings["EMULATORS_CONTROL_URL"] + "/health")
        process.send_signal(number)
        begun = time.monotonic()
        assert await asyncio.wait_for(process.wait(), DEADLINE) == 0
        assert time.monotonic() - begun < stretched(2)
    assert not (data_dir / ".env").exists()
    assert process.stderr is not None
    assert b"Traceback" not in await process.stderr.read()


async def test_written_data_survives_sigkill(start: Start, data_dir: Path) -> None:
    process = await start()
    await until_ready(process)
    await use_all_three(sourced(data_dir / ".env"), "writer")
    process.kill()
    await process.wait()

    await until_ready(await start())
    settings = sourced(data_dir / ".env")
    producer = EventHubProducerClient.from_connection_string(
        settings["EVENT_HUBS_CONNECTION_STRING"], eventhub_name=settings["EVENT_HUB_NAME"]
    )
    async with producer:
        assert (await producer.get_partition_properties("0"))["last_enqueued_sequence_number"] == 0
    async with CosmosClient.from_connection_string(settings["COSMOS_CONNECTION_STRING"]) as cosmos:
        assert [database["id"] async for database in cosmos.list_databases()] == ["orders"]


@pytest.mark.parametrize("flag", ["--event-hubs-port", "--cosmos-port", "--blob-port", "--control-port"])
async def test_a_taken_port_is_named_with_its_flag(start: Start, data_dir: Path, flag: str) -> None:
    write(data_dir / ".env", "STALE=1")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = await failure(await start(flag, str(port)))
    assert line == f"emulators: port {port} is taken; choose another with {flag}, or 0 for any free one"
    assert not (data_dir / ".env").exists()


async def test_a_data_directory_in_use_is_left_alone(start: Start, data_dir: Path) -> None:
    await until_ready(await start())
    settings = sourced(data_dir / ".env")
    line = await failure(await start())
    assert line == (
        f"emulators: data directory {data_dir} is in use by running emulators; "
        "stop them or choose another with --data-dir"
    )
    assert sourced(data_dir / ".env") == settings


async def test_a_data_directory_that_cannot_be_one_is_refused(start: Start, data_dir: Path) -> None:
    write(data_dir, "a file")
    line = await failure(await start())
    assert line == f"emulators: data directory {data_dir}: File exists; choose another with --data-dir"


async def test_a_damaged_data_file_is_named(start: Start, data_dir: Path) -> None:
    write(data_dir / "blob" / "blob.sqlite3", "no database" * 1000)
    assert await failure(await start()) == "emulators: the blob emulator cannot start: file is not a database"


async def test_a_configuration_that_cannot_be_read_is_one_line(start: Start, tmp_path: Path) -> None:
    config = tmp_path / "Config.json"
    write(config, '{"UserConfig": {}}')
    line = await failure(await start("--event-hubs-config", str(config)))
    assert str(config) in line


async def test_the_first_hub_of_another_configuration_is_the_one_in_the_settings(start: Start, tmp_path: Path) -> None:
    hubs: list[object] = [{"Name": name, "PartitionCount": 1, "ConsumerGroups": []} for name in ("mine", "other")]
    namespace = {"Type": "EventHub", "Name": "ns", "Entities": hubs}
    config, env_file = tmp_path / "Config.json", tmp_path / "elsewhere" / "env"
    write(config, json.dumps({"UserConfig": {"NamespaceConfig": [namespace]}}))
    await until_ready(await start("--event-hubs-config", str(config), "--env-file", str(env_file)))
    assert sourced(env_file)["EVENT_HUB_NAME"] == "mine"


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
async def test_a_number_that_is_not_a_port_is_refused(start: Start, port: str) -> None:
    process = await start(f"--blob-port={port}")
    _, err = await process.communicate()
    assert process.returncode == 2
    assert f"argument --blob-port: '{port}' is not a port: expected 0 to 65535" in err.decode()


def test_starting_imports_nothing_heavy() -> None:
    """Ready in under a second: what is slow to import stays out."""
    script = "import quartet_emulators.__main__, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"azure", "pydantic", "rich", "structlog", "typer", "shared", "services", "quartet"}


async def test_further_variables_are_in_the_settings_file(start: Start, data_dir: Path) -> None:
    await until_ready(await start("--setting", "GREETING=old", "--setting", "GREETING=it's new", "--setting", "E="))
    lines = (data_dir / ".env").read_text().splitlines()
    assert [line for line in lines if line.startswith(("GREETING=", "E="))] == ["GREETING='it'\"'\"'s new'", "E=''"]


async def test_a_variable_cannot_hide_where_the_emulators_are(start: Start, data_dir: Path) -> None:
    await until_ready(await start("--setting", "EVENT_HUB_NAME=elsewhere"))
    assert sourced(data_dir / ".env")["EVENT_HUB_NAME"] == "saga-events"
