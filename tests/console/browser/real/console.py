"""The console as a process, which a test can stop and start again."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from quartet.engine.failures.timeouts import stretched

_LONGEST_SECONDS = 60
_READY = "the console is at "


class Console:
    """The console of the shop. It keeps its port when it is started again."""

    def __init__(self, environment: Mapping[str, str], data: Path, **settings: str) -> None:
        self._environment = {**os.environ, **environment, "CONSOLE_DATA": str(data), **settings}
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._log = data / "console.log"
        self.port = 0

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it, and wait until it serves."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "quartet.console", "services.shop:SHOP"),
                env={**self._environment, "CONSOLE_PORT": str(self.port)},
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        async with asyncio.timeout(stretched(_LONGEST_SECONDS)):
            self.port = await self._ready(self._process)

    async def _ready(self, process: asyncio.subprocess.Process) -> int:
        assert process.stdout is not None
        while line := (await process.stdout.readline()).decode():
            if line.startswith(_READY):
                self._reading = asyncio.create_task(_drain(process.stdout))
                return int(line.rpartition(":")[2])
        raise AssertionError(f"the console has ended:\n{self._log.read_text(encoding='utf-8')[-4000:]}")

    async def stop(self) -> None:
        """End it, and wait until it has ended."""
        if self._process is None:
            return
        if self._process.returncode is None:
            self._process.terminate()
        async with asyncio.timeout(stretched(_LONGEST_SECONDS)):
            await self._process.wait()
            if self._reading is not None:
                await self._reading
        self._process = None


async def _drain(stream: asyncio.StreamReader) -> None:
    """Read what else it says: a full pipe would stop it."""
    while await stream.readline():
        pass
