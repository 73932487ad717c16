"""Emulators in their processes."""

import asyncio
import os
import shlex
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from quartet.engine.failures.timeouts import stretched

FREE_PORTS = ("--event-hubs-port", "0", "--cosmos-port", "0", "--blob-port", "0")
PARTS = {"event_hubs", "cosmos", "blob"}
LIMIT = stretched(30.0)  # seconds; only what is broken takes as long


class Emulators:
    """A run of `python -m quartet_emulators` that is ready."""

    def __init__(self, process: Process, data_dir: Path) -> None:
        self.process = process
        self.env_file = data_dir / ".env"
        words = shlex.split(self.env_file.read_text())
        self.settings = dict(word.split("=", 1) for word in words)
        """As a client reads them."""
        self.children = children_of(process.pid)

    def port(self, name: str) -> int:
        """The port of an emulator, by its name."""
        address = self.settings[f"{name.upper()}_CONNECTION_STRING"].partition("://")[2]
        return int(address.partition(":")[2].partition(";")[0].partition("/")[0])

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """The control endpoint's answer."""
        url = self.settings["EMULATORS_CONTROL_URL"] + path
        async with aiohttp.ClientSession() as session, session.request(method, url, json=body) as response:
            return response.status, await response.json()

    async def ended(self) -> tuple[int | None, list[str]]:
        """Wait until it and all of its children have ended; its exit status, and what they wrote to standard error.

        Each child has the other end of that pipe, which closes with the last of them.
        """
        _, errors = await asyncio.wait_for(self.process.communicate(), LIMIT)
        return self.process.returncode, errors.decode().splitlines()


def children_of(pid: int) -> dict[str, int]:
    """The process ids of the parts, by name."""
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], capture_output=True, check=True, text=True)
    rows = [line.split() for line in listed.stdout.splitlines()]
    return {row[-2]: int(row[0]) for row in rows if int(row[1]) == pid and "quartet_emulators.processes.child" in row}


Start = Callable[..., Awaitable[Emulators]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Start emulators in a process group of their own, which is killed at the end."""
    started: list[Process] = []

    async def start(*flags: str, python: Sequence[str] = (), cwd: Path | None = None) -> Emulators:
        data_dir = tmp_path / "data"
        command = (sys.executable, *python, "-m", "quartet_emulators", "--data-dir", str(data_dir), *FREE_PORTS, *flags)
        process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE, process_group=0, cwd=cwd)
        started.append(process)
        assert process.stdout is not None
        await asyncio.wait_for(process.stdout.readuntil(b"ready\n"), LIMIT)
        return Emulators(process, data_dir)

    yield start
    for process in started:
        for number in (signal.SIGKILL, signal.SIGCONT):
            try:
                os.killpg(process.pid, number)
            except ProcessLookupError:
                break
        await process.communicate()
