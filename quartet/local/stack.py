"""The local stack: the emulators, the services and the console, as children of this process."""

import asyncio
import os
import re
import shlex
import socket
import tempfile
from collections.abc import Collection, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from quartet.azure.settings import Settings
from quartet.choreography import Choreography
from quartet.engine.failures.timeouts import stretched
from quartet.extras import require_emulators
from quartet.local.child import DEFAULT_GRACE
from quartet.local.hub_config import CONSOLE, PARTITIONS, chosen_layout, hub_flags
from quartet.local.output import OUTPUT_NAME, Sink
from quartet.local.supervisor import Exit, Process, Supervisor
from quartet.process.application import Application
from quartet.process.named_ports import SIMULATED
from quartet.process.service import Service
from quartet.terminal.console_sink import without_colours
from quartet.terminal.user_error import UserError

EMULATORS: Final = "emulators"
CONSOLE_PORT: Final = 8400
"""The default port of the page."""
_READY_LINE: Final = "ready"  # the emulators' output
_HOST: Final = "127.0.0.1"
_PORTS: Final = {"event-hubs": 5672, "cosmos": 8081, "blob": 10000}
_FURTHER_PORTS: Final = {"durable-tasks": 8080}
_TOLD_BY: Final = {
    "event-hubs": "EVENT_HUBS_CONNECTION_STRING",
    "cosmos": "COSMOS_CONNECTION_STRING",
    "blob": "BLOB_CONNECTION_STRING",
    "control": "EMULATORS_CONTROL_URL",
}
_FURTHER_TOLD_BY: Final = {"durable-tasks": "DURABLE_TASK_SCHEDULER_CONNECTION_STRING"}
# Settings of the shell for the cloud must not reach a local service: only one of each pair may be set.
_CLOUD: Final = {"EVENT_HUBS_NAMESPACE": "", "BLOB_ACCOUNT_URL": "", "COSMOS_ENDPOINT": ""}

# A service's line about being ready, in either log format.
_SERVICE_READY: Final = re.compile(r'\bready\b.*\bhears\b|"hears".*"event": "ready"')


@dataclass(frozen=True, slots=True)
class StackOptions:
    """How the stack is to run.

    Attributes:
        application: whose services run.
        data_dir: where the emulators keep their data, and the settings of the running stack.
        ports: the port of each emulator; 0 takes any free one.
        replicas: of each service.
        settings: further settings of the services, by the names of their variables.
        shared_settings: those that other programs need, too: they are written into the stack's settings file.
    """

    application: Application
    data_dir: Path
    ports: Mapping[str, int]
    replicas: int = 1
    settings: Mapping[str, str] = field(default_factory=dict)
    shared_settings: Mapping[str, str] = field(default_factory=dict)


class LocalStack:
    """Emulators and services; an asynchronous context manager that stops all of them at its end.

    Args:
        options: how it is to run.
        sink: takes every line that a process says.
        is_coloured: whether the services are to colour their lines.
    """

    def __init__(self, options: StackOptions, sink: Sink, *, is_coloured: bool = False) -> None:
        self._options = options
        self._is_coloured = is_coloured
        self._sink = sink
        self._not_ready: set[str] = set()
        self._all_ready = asyncio.Event()
        self._environment: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        require_emulators()
        self._loop = asyncio.get_running_loop()
        async with AsyncExitStack() as stack:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="quartet-")))
            self._hub = hub_flags(self._options.application.choreography, directory)
            self.supervisor = await stack.enter_async_context(Supervisor(self._watch, grace=stretched(DEFAULT_GRACE)))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    @property
    def settings(self) -> Settings:
        """The settings of a client of this stack."""
        return local_settings(self._environment)

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that a program joins this stack by."""
        return self._environment

    @property
    def client_environment(self) -> dict[str, str]:
        """The same, and with no value what would lead a client of this stack to the cloud instead."""
        return {**_CLOUD, **self._environment}

    @property
    def control_url(self) -> str:
        """Where the emulators tell their counters."""
        return self._environment["EMULATORS_CONTROL_URL"]

    @property
    def settings_path(self) -> Path:
        """The file that another program joins by."""
        return self._options.data_dir / ".env"

    def say(self, line: str) -> None:
        """Put in a line of our own among those of the processes."""
        self._sink(OUTPUT_NAME, line)

    def share(self, settings: Mapping[str, str]) -> None:
        """Add settings for the services and for other programs that join; those of the options count more.

        Only before the emulators start, which write them down.
        """
        shared = {**settings, **self._options.shared_settings}
        self._options = replace(self._options, shared_settings=shared)

    async def start_emulators(self) -> None:
        """Start the emulators and wait until they serve.

        Raises:
            ProcessExitedError: they could not start; they have said why.
        """
        await self.supervisor.start(self._emulators(self._options.ports), ready_line=_READY_LINE)
        self._environment = read_settings_file(self.settings_path)
        # Programs that have joined find them where they were.
        self.supervisor.reconfigure(self._emulators(ports_in(self._environment)))

    async def start_services(self) -> None:
        """Start all replicas of the services, and wait until each of them has said that it receives.

        There is no time limit, and a process that ends meanwhile does not end the wait: watch with `wait_for_exit`.
        """
        # The output of a service is a pipe: the service cannot see that a person reads it.
        colours = {"FORCE_COLOR": "1"} if self._is_coloured else {}
        environment = {**self.client_environment, **colours, **self._options.settings}
        application = self._options.application
        processes = [
            replica
            for service in application.choreography.services
            for replica in _process(application.path, service, environment).replicas(self._options.replicas)
        ]
        self._not_ready = {process.name for process in processes}
        await self.supervisor.start(*processes)
        await self._all_ready.wait()

    async def start_console(self, port: int) -> str:
        """Start the live page, which may act, and wait until it is served. Returns its address.

        Raises:
            ProcessExitedError: it could not start; it has said why.
        """
        address = f"http://{_HOST}:{port}"
        own = {
            "CONSOLE_HOST": _HOST,
            "CONSOLE_PORT": str(port),
            "CONSOLE_DATA": str(self._options.data_dir / CONSOLE),
            "CONSOLE_STORE": "sqlite",
            "CONSOLE_IDENTITY": "none",
            "CONSOLE_ACTIONS": "on",
        }
        environment = {**self.client_environment, **self._options.settings, **own}
        process = Process(CONSOLE, "quartet.console", (self._options.application.path,), environment)
        await self.supervisor.start(process, ready_line=f"the console is at {address}")
        return address

    async def wait_for_exit(self) -> Exit:
        """Wait until a process ends although it was not stopped."""
        return await self.supervisor.wait_for_exit()

    def _emulators(self, ports: Mapping[str, int]) -> Process:
        numbers = [word for name, port in ports.items() for word in (f"--{name}-port", str(port))]
        shared = settings_flags(
            {**stack_settings(self._options.application.choreography), **self._options.shared_settings}
        )
        where = ("--data-dir", str(self._options.data_dir))
        return Process(EMULATORS, "quartet_emulators", (*where, *self._hub, *numbers, *shared))

    def _watch(self, name: str, line: str) -> None:
        """Pass a line on, and look whether it says that a service is ready. Runs on the supervisor's thread."""
        self._sink(name, line)
        if name in self._not_ready and says_ready(line):
            self._loop.call_soon_threadsafe(self._note_ready, name)

    def _note_ready(self, name: str) -> None:
        self._not_ready.discard(name)
        if not self._not_ready:
            self._all_ready.set()


def stack_settings(choreography: Choreography) -> dict[str, str]:
    """What a program that joins a local stack must know besides where the emulators are.

    There are as many buckets as partitions, unless BUCKETS says otherwise, and one hub, unless HUB_LAYOUT does.

    Raises:
        UserError: there is no such layout.
    """
    layout = chosen_layout()
    hubs = {} if layout == "one" else {"HUB_LAYOUT": layout, "INBOUND_HUB_NAME": choreography.inbound_hub}
    return {"BUCKETS": os.environ.get("BUCKETS") or str(PARTITIONS), **hubs, **simulated_ports(choreography)}


def simulated_ports(choreography: Choreography) -> dict[str, str]:
    """The settings for simulated ports. They ignore what the shell has set for the cloud."""
    return dict.fromkeys(choreography.port_variables, SIMULATED)


def _process(path: str, service: Service[Any, Any], environment: Mapping[str, str]) -> Process:
    name = service.participant.name
    if service.module:
        return Process(name, service.module, env=environment)
    return Process(name, "quartet.process", (path, name), env=environment)


def settings_flags(settings: Mapping[str, str]) -> list[str]:
    """The flags with which the emulators write further variables into their settings file."""
    return [word for name, value in settings.items() for word in ("--setting", f"{name}={value}")]


def says_ready(line: str) -> bool:
    """Whether a service says in this line that it receives; in either log format."""
    return _SERVICE_READY.search(without_colours(line)) is not None


def read_settings_file(path: Path) -> dict[str, str]:
    """The variables in a settings file that the emulators have written.

    Raises:
        UserError: it cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    return dict(word.split("=", 1) for line in lines for word in shlex.split(line))


def ports_in(environment: Mapping[str, str]) -> dict[str, int]:
    """The port of each emulator, by the settings that running emulators have written.

    Raises:
        UserError: a setting names no port.
    """
    ports: dict[str, int] = {}
    further = {name: variable for name, variable in _FURTHER_TOLD_BY.items() if variable in environment}
    for name, variable in (_TOLD_BY | further).items():
        found = re.search(r"://[^/;]+:(\d+)", environment.get(variable, ""))
        if not found:
            raise UserError(f"the emulators have not said on which port {name} listens: {variable} is missing")
        ports[name] = int(found[1])
    return ports


def local_settings(environment: Mapping[str, str]) -> Settings:
    """The settings of a local stack, independent of this process's own environment."""
    own = {name.lower(): value for name, value in (_CLOUD | dict(environment)).items()}
    return Settings(**{name: value for name, value in own.items() if name in Settings.model_fields})  # type: ignore[arg-type]  # every field is read from text


def free_ports(further: Collection[str] = ()) -> dict[str, int]:
    """The default port of each emulator, and of these further ones, or 0 where it is taken: any free one."""
    ports = {**_PORTS, **{name: _FURTHER_PORTS[name] for name in further}}
    return {name: port if _is_free(port) else 0 for name, port in ports.items()}


def any_ports(further: Collection[str] = ()) -> dict[str, int]:
    """Any free port for each emulator, and for these further ones."""
    return dict.fromkeys((*_PORTS, *further), 0)


def console_port(*, any_port: bool) -> int:
    """The default port of the page; a free one if it is taken, or if `any_port`.

    It is chosen here, so that the page is at the same address after a restart.
    """
    if not any_port and _is_free(CONSOLE_PORT):
        return CONSOLE_PORT
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a port whose last connections are still in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            return False
    return True
