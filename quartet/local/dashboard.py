"""The Aspire dashboard beside a local stack: it shows the traces and metrics of the services.

It is a program of its own (`aspire dashboard run`), not a part of the stack: a stack runs without it, too.
"""

import asyncio
import secrets
import shutil
import socket
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from quartet.engine.errors import ConfigurationError
from quartet.engine.failures.timeouts import stretched
from quartet.local.supervisor import Exit, Process, Supervisor
from quartet.process.telemetry.opening import require_sdk
from quartet.terminal.console_sink import without_colours

DASHBOARD: Final = "dashboard"
PROGRAM: Final = "aspire"
HOW_TO_GET_IT: Final = (
    "there is no program aspire on the PATH. `npm install --prefix .aspire @microsoft/aspire-cli-linux-x64` brings it "
    "for Linux: then name .aspire/node_modules/@microsoft/aspire-cli-linux-x64/bin/aspire with --aspire"
)
START_SECONDS: Final = 60.0  # its first start unpacks about 300 MB
_LOOPBACK: Final = "127.0.0.1"
_PORTS: Final = range(20_000, 30_000)  # below those that systems give to any program that asks for one
_PROBE_SECONDS: Final = 0.1
_LAST_LINES: Final = 2  # why it could not start, and where its log is


class Dashboard:
    """The dashboard as a child of this process; an asynchronous context manager that stops it at its end.

    Args:
        program: its path or name; `aspire` by default, from the PATH.
        say: takes each line for people.
        limit: seconds that the start may take.
    """

    def __init__(self, program: Path | None, say: Callable[[str], None], *, limit: float | None = None) -> None:
        self._program = program
        self._say = say
        self._limit = stretched(START_SECONDS) if limit is None else limit
        self._lines: deque[str] = deque(maxlen=_LAST_LINES)

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            self._supervisor = await stack.enter_async_context(Supervisor(self._keep))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    async def start(self) -> Mapping[str, str]:
        """Start it, and say where it is; or say in a line why there is none.

        Returns:
            the settings with which a program sends it what it has to show; empty if it could not be started.
        """
        program = shutil.which(self._program or PROGRAM)
        if program is None:
            return self._without(f"{self._program} cannot be run" if self._program else HOW_TO_GET_IT)
        try:
            require_sdk()
        except ConfigurationError as error:  # with an endpoint set, the services would refuse to start
            return self._without(str(error))
        token = secrets.token_urlsafe(16)
        ports = _free_ports()
        page, grpc, http = (f"http://{_LOOPBACK}:{port}" for port in ports)
        words = ("--frontend-url", page, "--otlp-grpc-url", grpc, "--otlp-http-url", http)
        await self._supervisor.start(
            Process(
                DASHBOARD,
                "quartet.local.program",
                (program, "dashboard", "run", "--non-interactive", "--nologo", *words),
                _environment(token),
            )
        )
        ended = asyncio.create_task(self._supervisor.wait_for_exit())
        serving = asyncio.create_task(_until_it_serves(ports))
        await asyncio.wait({ended, serving}, timeout=self._limit, return_when=asyncio.FIRST_COMPLETED)
        is_serving = serving.done()
        serving.cancel()
        if ended.done():
            return self._without(f"it did not start: {ended.result()}{self._last_lines()}")
        if not is_serving:
            ended.cancel()
            await self._supervisor.stop(DASHBOARD)
            return self._without(f"it did not start within {self._limit:g} s{self._last_lines()}")
        ended.add_done_callback(self._note_end)
        self._stack.callback(ended.cancel)
        self._say(f"dashboard: {page}/login?t={token}")
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": http, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}

    def _without(self, why: str) -> Mapping[str, str]:
        self._say(f"no dashboard: {why}. The stack runs without it")
        return {}

    def _note_end(self, ended: asyncio.Task[Exit]) -> None:
        if not ended.cancelled() and ended.exception() is None:
            self._say(f"no dashboard: {ended.result()}{self._last_lines()}. The stack runs without it")

    def _keep(self, _name: str, line: str) -> None:
        """Keep what it says, for the case that it ends. Runs on the supervisor's thread."""
        if text := " ".join(without_colours(line).split()):
            self._lines.append(text)

    def _last_lines(self) -> str:
        return "".join((": ", " ".join(self._lines).rstrip("."))) if self._lines else ""


def _environment(token: str) -> dict[str, str]:
    # Its telemetry is about its own use. Without a token it would choose one, and show it in a form for terminals.
    return {"DASHBOARD__FRONTEND__BROWSERTOKEN": token, "ASPIRE_CLI_TELEMETRY_OPTOUT": "true", "NO_COLOR": "1"}


def _free_ports() -> tuple[int, int, int]:
    """Three free ports. Numbers, because it does not say which ones it took for 0; it binds them a second later."""
    free = filter(_is_free, secrets.SystemRandom().sample(_PORTS, len(_PORTS)))
    return next(free), next(free), next(free)


def _is_free(port: int) -> bool:
    try:
        socket.create_server((_LOOPBACK, port)).close()
    except OSError:
        return False
    return True


async def _until_it_serves(ports: tuple[int, ...]) -> None:
    for port in ports:
        while True:
            try:
                _, writer = await asyncio.open_connection(_LOOPBACK, port)
            except OSError:
                await asyncio.sleep(_PROBE_SECONDS)
            else:
                writer.close()
                break
