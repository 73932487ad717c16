"""Faults over the control endpoint and from a file, and outages, against the whole stack."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from quartet_emulators.options import parse_options
from quartet_emulators.stack import Stack
from quartet_emulators.start_error import StartError

from quartet.engine.failures.timeouts import stretched
from tests.emulators.event_hubs.wire import logged_in, message
from tests.emulators.listening import until_it_listens

THROTTLE = {"server": "cosmos", "fault": "throttle", "name": "busy"}
ANY_PORT = ("--event-hubs-port", "0", "--cosmos-port", "0", "--blob-port", "0")
TARGET = "saga-events/Partitions/0"


def stack_in(data_dir: Path, *flags: str) -> Stack:
    return Stack(parse_options(["--data-dir", str(data_dir), *ANY_PORT, *flags]))


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    stack = stack_in(tmp_path)
    await stack.start()
    yield stack
    await stack.stop()


@pytest.fixture
async def control(stack: Stack) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(stack.control.url) as session:
        yield session


async def ask(
    control: aiohttp.ClientSession, method: str, path: str, body: object = None
) -> tuple[int, dict[str, Any]]:
    async with control.request(method, path, json=body) as response:
        return response.status, await response.json()


async def cosmos_status(stack: Stack) -> int:
    """The answer of Cosmos DB to a client without a key: 401, if it runs."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{stack.cosmos.port}/dbs/x") as response,
    ):
        return response.status


async def test_rules_are_switched_on_counted_and_switched_off(stack: Stack, control: aiohttp.ClientSession) -> None:
    assert await cosmos_status(stack) == 401
    status, report = await ask(control, "PUT", "/faults", {"seed": 4, "rules": [THROTTLE]})
    assert (status, report["seed"], [rule["name"] for rule in report["rules"]]) == (200, 4, ["busy"])
    assert await cosmos_status(stack) == 429
    _, report = await ask(control, "GET", "/faults")
    assert (report["rules"][0]["looked_at"], report["rules"][0]["injected"]) == (1, 1)
    _, last = await ask(control, "DELETE", "/faults")
    assert last["rules"][0]["injected"] == 1
    assert await cosmos_status(stack) == 401
    _, report = await ask(control, "GET", "/faults")
    assert (report["rules"], report["injected"]["cosmos"]) == ([], {"throttle": 1})


@pytest.mark.parametrize(
    ("method", "path", "body", "complaint"),
    [
        (
            "PUT",
            "/faults",
            {"rules": [{"server": "kafka"}]},
            "rule 1: server: expected one of event_hubs, cosmos, blob",
        ),
        ("POST", "/outage", {"server": "kafka", "seconds": 1}, "server: expected one of"),
        ("POST", "/outage", {"server": "blob", "seconds": "1"}, "seconds: expected a number"),
        ("POST", "/outage", [], "server: expected one of"),
    ],
)
async def test_a_wrong_request_is_refused_in_a_line(
    control: aiohttp.ClientSession, method: str, path: str, body: object, complaint: str
) -> None:
    status, answer = await ask(control, method, path, body)
    assert status == 400
    assert answer["error"].startswith(complaint)


@pytest.mark.parametrize(("method", "path"), [("PUT", "/faults"), ("POST", "/outage")])
async def test_a_plan_that_is_not_json_is_refused(control: aiohttp.ClientSession, method: str, path: str) -> None:
    async with control.request(method, path, data=b"\xff{") as response:
        assert response.status == 400


async def test_a_wrong_plan_leaves_the_one_before_in_place(stack: Stack, control: aiohttp.ClientSession) -> None:
    await ask(control, "PUT", "/faults", {"rules": [THROTTLE]})
    await ask(control, "PUT", "/faults", {"rules": [{}]})
    assert await cosmos_status(stack) == 429


def port_of(stack: Stack, server: str) -> int:
    return {"event_hubs": stack.event_hubs.port, "cosmos": stack.cosmos.port, "blob": stack.blob.port}[server]


async def until_back(stack: Stack, server: str) -> None:
    await until_it_listens(port_of(stack, server))


@pytest.mark.parametrize("server", ["event_hubs", "cosmos", "blob"])
async def test_an_outage_cuts_refuses_and_ends(stack: Stack, control: aiohttp.ClientSession, server: str) -> None:
    port = port_of(stack, server)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    status, _ = await ask(control, "POST", "/outage", {"server": server, "seconds": 0.4})
    assert status == 202
    assert (await ask(control, "POST", "/outage", {"server": server, "seconds": 1}))[0] == 409
    with suppress(ConnectionResetError):  # as likely as a plain end
        assert await asyncio.wait_for(reader.read(1), stretched(5)) == b""
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    writer.close()
    await until_back(stack, server)


async def test_an_outage_keeps_the_data(stack: Stack, control: aiohttp.ClientSession) -> None:
    async with logged_in(stack.event_hubs.port) as wire:
        await wire.publish(TARGET, [message(b"a"), message(b"b")])
    await ask(control, "POST", "/outage", {"server": "event_hubs", "seconds": 0})
    await until_back(stack, "event_hubs")
    assert stack.event_hubs.hubs["saga-events"].partitions[0].next_sequence == 2


async def test_hubs_are_recreated(stack: Stack, control: aiohttp.ClientSession) -> None:
    async with logged_in(stack.event_hubs.port) as wire:
        await wire.publish(TARGET, [message(b"a")])
    assert await ask(control, "POST", "/event-hubs/recreate") == (200, {"recreated": True})
    assert stack.event_hubs.hubs["saga-events"].partitions[0].next_sequence == 0


async def test_the_end_does_not_wait_for_an_outage(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)
    await stack.start()
    async with aiohttp.ClientSession(stack.control.url) as session:
        await ask(session, "POST", "/outage", {"server": "blob", "seconds": 600})
    async with asyncio.timeout(stretched(5)):
        await stack.stop()


async def test_a_file_of_faults_holds_from_the_start(tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    path.write_text(json.dumps({"rules": [THROTTLE]}))
    stack = stack_in(tmp_path / "data", "--faults", str(path))
    (tmp_path / "data").mkdir()
    await stack.start()
    assert await cosmos_status(stack) == 429
    await stack.stop()


def test_a_wrong_file_is_a_reason_not_to_start(tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    path.write_text('{"rules": [{"server": "cosmos", "fault": "fire"}]}')
    with pytest.raises(StartError, match=r"faults\.json: rule 1: fault: expected one of throttle, .*, not 'fire'"):
        stack_in(tmp_path, "--faults", str(path))
