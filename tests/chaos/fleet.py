"""The processes: emulators and two replicas of each service, with everything that can be done to them."""

import asyncio
import re
import socket
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any, Final

import aiohttp

from quartet.azure.settings import Settings
from quartet.engine.failures.timeouts import stretched
from quartet.local.hub_config import hub_flags
from quartet.local.stack import local_settings, read_settings_file, settings_flags
from quartet.local.supervisor import Exit, Process, ProcessExitedError, Supervisor
from services.operations.participants import SIMULATED_PORTS
from tests.chaos.scenario import CASTS, Cast, replica_names
from tests.chaos.watching import Watch

EMULATORS: Final = "emulators"
_CONTROL: Final = "control"
_CLOUD: Final = {"EVENT_HUBS_NAMESPACE": "", "BLOB_ACCOUNT_URL": "", "COSMOS_ENDPOINT": ""}
_SETTINGS: Final = {
    "LOG_FORMAT": "json",
    "LOAD_BALANCING_SECONDS": "1",
    "OWNERSHIP_EXPIRES_SECONDS": "6",
    "DEADLINE_SCAN_SECONDS": "1",
}
_START_SECONDS: Final = stretched(90.0)
_RSS: Final = re.compile(r"^VmRSS:\s+(\d+) kB", re.MULTILINE)


class Fleet:
    """Everything that runs.

    Attributes:
        died: processes that ended without being killed.
        peak_mb: the most resident memory that each process was seen with.
    """

    def __init__(
        self, data_dir: Path, supervisor: Supervisor, watch: Watch, control: aiohttp.ClientSession, cast: Cast
    ) -> None:
        self.cast = cast
        self.supervisor = supervisor
        self.watch = watch
        self.died: list[Exit] = []
        self.peak_mb: dict[str, int] = {}
        self._data_dir = data_dir
        self._control = control
        names = [_CONTROL, *(server.replace("_", "-") for server in cast.servers)]
        self._ports = dict(zip(names, _ports(len(names)), strict=True))
        self._health: dict[str, int] = {}
        self._stats: dict[tuple[str, int], Counter[str]] = {}
        self._faults: Mapping[str, Any] = {"rules": []}

    @property
    def settings(self) -> Settings:
        """The settings of a client."""
        return local_settings(read_settings_file(self._data_dir / ".env"))

    @property
    def stats(self) -> Counter[str]:
        """What all incarnations of all services said of themselves when they were last asked."""
        return sum(self._stats.values(), Counter())

    async def start_emulators(self) -> None:
        """Start the emulators."""
        flags = [word for name, port in self._ports.items() for word in (f"--{name}-port", str(port))]
        flags += settings_flags(SIMULATED_PORTS)
        hub = hub_flags(self.cast.application, self._data_dir)
        process = Process(EMULATORS, "quartet_emulators", ("--data-dir", str(self._data_dir), *hub, *flags))
        await self.supervisor.start(process, ready_line="ready")

    async def start_services(self) -> None:
        """Start all replicas, and wait until each of them receives."""
        environment = {**_CLOUD, **read_settings_file(self._data_dir / ".env"), **_SETTINGS}
        names = [name for service in self.cast.services for name in replica_names(service)]
        self._health = dict(zip(names, _ports(len(names)), strict=True))
        processes = [
            Process(name, f"services.{name.split('-')[0]}", env={**environment, "HEALTH_PORT": str(port)})
            for name, port in self._health.items()
        ]
        await self.supervisor.start(*processes)
        async with asyncio.timeout(_START_SECONDS):
            await self.watch.until_ready(names)

    async def restart(self, name: str) -> None:
        """Start a killed process again, with the faults that were active."""
        is_emulators = name == EMULATORS
        async with asyncio.timeout(_START_SECONDS):
            await self.supervisor.restart(name, ready_line="ready" if is_emulators else None)
        if is_emulators:
            await self.inject(self._faults)

    async def inject(self, plan: Mapping[str, Any]) -> None:
        """Put a plan of faults in place of the one that is there."""
        self._faults = plan
        async with self._control.put(f"{self._url}/faults", json=plan) as response:
            if response.status != 200:
                raise AssertionError(await response.text())

    async def injected(self) -> dict[str, dict[str, int]]:
        """How often each fault was injected since the emulators were last started."""
        async with self._control.get(f"{self._url}/faults") as response:
            return dict((await response.json())["injected"])

    async def interrupt(self, server: str, seconds: float) -> None:
        """An outage of one emulator; returns when it is over."""
        body = {"server": server, "seconds": seconds}
        async with self._control.post(f"{self._url}/outage", json=body) as response:
            if response.status != 202:
                raise AssertionError(await response.text())
        await asyncio.sleep(seconds)

    async def watch_over(self) -> None:
        """Restart every process that dies unexpectedly, and note it, forever."""
        while True:
            died = await self.supervisor.wait_for_exit()
            self.died.append(died)
            try:
                await self.restart(died.name)
            except (ProcessExitedError, TimeoutError) as error:
                self.watch("chaos", f"{died.name} does not start again: {error}")

    async def ask_health(self) -> None:
        """Read the services' figures and memory every two seconds, forever."""
        while True:
            for name in self.supervisor.running():
                await self._look_at(name)
            await asyncio.sleep(2)

    async def _look_at(self, name: str) -> None:
        pid = self.supervisor.pid(name)
        self.peak_mb[name] = max(self.peak_mb.get(name, 0), _resident_mb(pid))
        if name not in self._health:
            return
        try:
            async with self._control.get(f"http://127.0.0.1:{self._health[name]}/health/ready") as response:
                report = await response.json()
        except (aiohttp.ClientError, OSError, TimeoutError):
            return  # killed, paused or not ready yet
        self._stats[name, pid] = Counter({key: value for key, value in report.items() if isinstance(value, int)})

    @property
    def _url(self) -> str:
        return f"http://127.0.0.1:{self._ports[_CONTROL]}"


def _resident_mb(pid: int) -> int:
    """The memory of a process; 0 if it has ended, or this is not Linux."""
    try:
        found = _RSS.search(Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) // 1024 if found else 0


@asynccontextmanager
async def running_fleet(data_dir: Path, style: str = "choreographed") -> AsyncIterator[Fleet]:
    """Nothing runs yet; everything is stopped at the end."""
    watch = Watch(data_dir / "logs")
    timeout = aiohttp.ClientTimeout(total=stretched(5))
    try:
        async with Supervisor(watch) as supervisor, aiohttp.ClientSession(timeout=timeout) as control:
            yield Fleet(data_dir, supervisor, watch, control, CASTS[style])
    finally:
        watch.close()


def _ports(count: int) -> list[int]:
    """Free ports that stay ours while a process is down: outside of the range that clients' sockets get."""
    random = Random()
    found: list[int] = []
    while len(found) < count:
        port = random.randint(20_000, 31_999)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found
