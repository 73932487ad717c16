"""The emulators do not wait for each other, and are asked through one control endpoint."""

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from quartet_emulators.options import parse_options
from quartet_emulators.parts.inputs import read_inputs
from quartet_emulators.parts.part import Question, RefusedError
from quartet_emulators.processes import remote
from quartet_emulators.processes.remote import RemotePart
from quartet_emulators.processes.spawning import spawned

from quartet.engine.failures.timeouts import stretched
from tests.emulators.blob.signed_client import SignedClient
from tests.emulators.event_hubs.wire import logged_in, message
from tests.emulators.listening import until_it_listens
from tests.emulators.processes.conftest import FREE_PORTS, LIMIT, Emulators, Start

TARGET = "saga-events/Partitions/0"


@contextmanager
def paused(pid: int) -> Iterator[None]:
    """A process that does nothing, for the length of a block."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def cosmos_status(emulators: Emulators) -> int:
    """The answer of Cosmos DB to a client without a key: 401, if it runs."""
    url = f"http://127.0.0.1:{emulators.port('cosmos')}/dbs/x"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status


async def test_a_cosmos_db_that_does_nothing_holds_up_no_send_and_no_read(start: Start) -> None:
    emulators = await start()
    asking: asyncio.Task[int] | None = None
    with paused(emulators.children["cosmos"]):
        asking = asyncio.create_task(cosmos_status(emulators))
        async with asyncio.timeout(LIMIT):
            async with logged_in(emulators.port("event_hubs")) as wire:
                await wire.publish(TARGET, [message(b"a")])  # returns when it is acknowledged
            async with SignedClient(emulators.port("blob")) as blobs:
                assert (await blobs("GET", "?comp=list")).status == 200
        status, health = await emulators.ask("GET", "/health")
        assert (status, health["silent"], health["error"]) == (503, ["cosmos"], "no answer from cosmos")
        assert not asking.done()
    assert await asyncio.wait_for(asking, LIMIT) == 401
    assert await emulators.ask("GET", "/health") == (200, {"status": "ok"})
    _, counters = await emulators.ask("GET", "/counters")
    assert list(counters["event_hubs"].values()) == [{"events_in": 1, "send": 1}]


async def test_a_part_that_does_not_answer_in_time_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = read_inputs(parse_options(["--data-dir", str(tmp_path), *FREE_PORTS]))
    with spawned(["event_hubs"], held=0) as processes:
        part = RemotePart(processes[0], inputs)
        await part.start()
        with paused(processes[0].process.pid):
            monkeypatch.setattr(remote, "ANSWER_SECONDS", 0.01)
            with pytest.raises(RefusedError, match="event_hubs does not answer") as refused:
                await part.ask(Question.RECREATE_HUBS)
        assert refused.value.status == 503
        monkeypatch.setattr(remote, "ANSWER_SECONDS", LIMIT)
        # The late answer belongs to the question that is given up, not to the next one.
        assert await part.ask(Question.COUNTERS) == {"event_hubs": {}}
        await part.stop()


async def test_faults_strike_in_their_process_and_are_counted_together(start: Start) -> None:
    emulators = await start()
    hidden = {"server": "durable_tasks", "fault": "slow", "name": "not here"}
    rules = [
        {"server": "cosmos", "fault": "throttle", "name": "busy"},
        {"server": "blob", "fault": "unavailable", "name": "gone", "first": 1},
        {"server": "event_hubs", "fault": "duplicate", "name": "twice"},
        hidden,
    ]
    status, report = await emulators.ask("PUT", "/faults", {"seed": 4, "rules": rules})
    names = ["twice", "busy", "gone", "not here"]
    assert (status, report["seed"], [rule["name"] for rule in report["rules"]]) == (200, 4, names)
    assert await cosmos_status(emulators) == 429
    async with SignedClient(emulators.port("blob")) as blobs:
        assert [(await blobs("GET", "?comp=list")).status for _ in range(2)] == [503, 200]
    async with logged_in(emulators.port("event_hubs")) as wire:
        await wire.publish(TARGET, [message(b"a")])
    _, report = await emulators.ask("DELETE", "/faults")
    counts = {rule["name"]: (rule["looked_at"], rule["injected"]) for rule in report["rules"]}
    assert counts == {"busy": (1, 1), "gone": (2, 1), "twice": (1, 1), "not here": (0, 0)}
    assert await cosmos_status(emulators) == 401
    _, report = await emulators.ask("GET", "/faults")
    injected = {"event_hubs": {"duplicate": 1}, "cosmos": {"throttle": 1}, "blob": {"unavailable": 1}}
    assert report == {"seed": 4, "rules": [], "injected": {**injected, "durable_tasks": {}}}


async def test_a_file_of_faults_holds_from_the_start(start: Start, tmp_path: Path) -> None:
    plan = tmp_path / "faults.json"
    plan.write_text(json.dumps({"seed": 9, "rules": [{"server": "cosmos", "fault": "throttle"}]}))
    emulators = await start("--faults", str(plan))
    assert await cosmos_status(emulators) == 429
    _, report = await emulators.ask("GET", "/faults")
    assert (report["seed"], report["rules"][0]["injected"]) == (9, 1)


async def test_hubs_are_created_and_emptied(start: Start) -> None:
    emulators = await start()
    entry = {"Name": "second", "PartitionCount": 1}
    created = {"Name": "second", "PartitionCount": 1, "ConsumerGroups": ["$Default"]}
    assert await emulators.ask("POST", "/event-hubs/hubs", entry) == (201, created)
    refusal = {"error": "there is an event hub 'second' already"}
    assert await emulators.ask("POST", "/event-hubs/hubs", entry) == (400, refusal)
    assert await emulators.ask("POST", "/event-hubs/recreate") == (200, {"recreated": True})


@pytest.mark.parametrize("server", ["event_hubs", "cosmos", "blob"])
async def test_an_outage_cuts_refuses_and_ends(start: Start, server: str) -> None:
    emulators = await start()
    port = emulators.port(server)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    outage: dict[str, Any] = {"server": server, "seconds": stretched(0.5)}
    assert await emulators.ask("POST", "/outage", outage) == (202, outage)
    with suppress(ConnectionResetError):  # as likely as a plain end
        assert await asyncio.wait_for(reader.read(1), LIMIT) == b""
    writer.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    assert await emulators.ask("POST", "/outage", outage) == (409, {"error": f"{server} is away already"})
    assert await emulators.ask("GET", "/health") == (200, {"status": "ok"})
    await until_it_listens(port)
