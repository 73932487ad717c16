"""Garbage against emulators in a process of their own: answered or cut off; no crash, no hang, no growth.

Short and always the same in `make test`; `make fuzz` tries many more, other ones each time.
"""

import asyncio
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quartet.engine.failures.timeouts import stretched
from tests.emulators.event_hubs.wire import logged_in, message
from tests.emulators.faults.garbage import amqp, http

EXAMPLES: Final = int(os.environ.get("FUZZ_EXAMPLES", "0"))
LIMIT: Final = stretched(10.0)  # seconds; a server that is silent for longer hangs
MOST_GROWTH_KB: Final = 40_000
BATCH: Final = 8

quick = settings(
    max_examples=EXAMPLES or 25,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@dataclass(frozen=True, slots=True)
class Victim:
    """The emulators' process."""

    process: subprocess.Popen[bytes]
    data_dir: Path
    ports: dict[str, int]

    def attack(self, server: str, streams: list[bytes]) -> None:
        """Send each stream on a connection of its own, and wait until the server has closed all of them."""
        connections = [socket.create_connection(("127.0.0.1", self.ports[server]), LIMIT) for _ in streams]
        for connection, stream in zip(connections, streams, strict=True):
            with connection:
                try:
                    with suppress(ConnectionError):  # cut off is as good as answered
                        connection.sendall(stream)
                        connection.shutdown(socket.SHUT_WR)
                        while connection.recv(65536):
                            pass
                except TimeoutError:
                    pytest.fail(f"the server hangs after {stream!r}")
        assert self.process.poll() is None, f"the emulators died of {streams!r}"

    def descriptors(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def memory_kb(self) -> int:
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{self.process.pid}/status").read_text())
        assert found
        return int(found[1])

    def complaints(self) -> list[str]:
        """What the emulators themselves call a bug or could not foresee."""
        lines = (self.data_dir / "stderr").read_text(errors="replace").splitlines()
        return [line for line in lines if "Traceback" in line or line.startswith(("ERROR", "CRITICAL"))]


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    data_dir = tmp_path_factory.mktemp("victim")
    flags = ("--event-hubs-port", "0", "--cosmos-port", "0", "--blob-port", "0")
    with (data_dir / "stderr").open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "quartet_emulators", "--data-dir", str(data_dir), *flags],
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        assert process.stdout is not None
        with process.stdout:
            while process.stdout.readline() not in (b"ready\n", b""):
                pass
            text = (data_dir / ".env").read_text()
            settings_ = dict(word.split("=", 1) for line in text.splitlines() for word in shlex.split(line))
            names = {"event_hubs": "EVENT_HUBS", "cosmos": "COSMOS", "blob": "BLOB"}
            yield Victim(
                process,
                data_dir,
                {server: _port(settings_[f"{name}_CONNECTION_STRING"]) for server, name in names.items()},
            )
            process.terminate()
            process.wait(LIMIT)


def _port(connection_string: str) -> int:
    found = re.search(r"://[^:]+:(\d+)", connection_string)
    assert found
    return int(found[1])


def fuzz(victim: Victim, server: str, streams: st.SearchStrategy[bytes]) -> None:
    """Attack, and see that the server is as it was."""

    @quick
    @given(st.lists(streams, min_size=1, max_size=BATCH))
    def attack(batch: list[bytes]) -> None:
        victim.attack(server, batch)

    victim.attack(server, [b"", b"x"])
    attack()
    check_health(victim)
    descriptors, memory = victim.descriptors(), victim.memory_kb()
    attack()
    check_health(victim)
    until(lambda: victim.descriptors() <= descriptors)
    assert victim.memory_kb() - memory < MOST_GROWTH_KB
    assert not victim.complaints()


def until(condition: Callable[[], bool]) -> None:
    """Wait for what the server does when it has seen the end of a connection."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def check_health(victim: Victim) -> None:
    """A good client is served by all three."""

    async def use() -> None:
        async with logged_in(victim.ports["event_hubs"]) as wire:
            await wire.publish("saga-events/Partitions/1", [message(b"well")])
        async with aiohttp.ClientSession() as session:
            for server, path, status in (
                ("cosmos", "/dbs/x", 401),
                ("blob", "/devstoreaccount1/checkpoints?restype=container", 401),
            ):
                url = f"http://127.0.0.1:{victim.ports[server]}{path}"
                async with session.get(url) as response:
                    assert response.status in (status, 403)

    asyncio.run(use())


def test_amqp_that_is_none(victim: Victim) -> None:
    fuzz(victim, "event_hubs", amqp())


@pytest.mark.parametrize("server", ["cosmos", "blob"])
def test_http_that_is_none(victim: Victim, server: str) -> None:
    fuzz(victim, server, http())
