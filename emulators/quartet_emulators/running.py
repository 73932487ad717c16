"""Emulators in processes of their own, for the length of a block."""

import json
import logging
import os
import shlex
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, Final, Self

from quartet_emulators.fault_recipes import FaultRecipes

_READY: Final = "ready\n"
_STOP_SECONDS: Final = 5.0
_CONTROL_SECONDS: Final = 10.0
_LOG: Final = logging.getLogger("azure_emulators")


class EmulatorsError(Exception):
    """The emulators could not start, or refused what they were asked: one line for people."""


@dataclass(frozen=True, slots=True)
class EventHub:
    """An event hub of running emulators.

    Attributes:
        name: its name; clients are given it apart (`eventhub_name`).
        connection_string: of the namespace, with the name of this hub in it (`EntityPath`).
    """

    name: str
    connection_string: str


class AzureEmulators:
    """Event Hubs, Cosmos DB and Blob Storage on this machine, for the length of a `with` block.

    Each server runs in a process of its own, on a free port of the loopback address, and ends with the block. A program
    that is killed leaves no server behind: the servers end when standard input closes.

    Args:
        data_dir: where the data is kept. By default it is removed at the end.
        hubs: the event hubs to begin with, by name with their number of partitions. More are made by `new_event_hub`.
        options: further options of `python -m quartet_emulators`, such as `("--durable-tasks-port", "0")`.
    """

    def __init__(
        self,
        data_dir: Path | str | None = None,
        *,
        hubs: Mapping[str, int] | None = None,
        options: Sequence[str] = (),
    ) -> None:
        self._data_dir = None if data_dir is None else Path(data_dir)
        self._hubs = dict(hubs or {"events": 4})
        self._options = tuple(options)
        self._settings: dict[str, str] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Start them, which takes less than a second.

        Raises:
            EmulatorsError: they could not start; it says why.
        """
        with ExitStack() as stack:
            directory = self._data_dir or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="azure-")))
            private = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="azure-")))
            process = stack.enter_context(_process(self._command(directory, private)))
            stack.callback(_end, process)  # also if it does not become ready
            _wait_until_ready(process)
            reader = Thread(target=_pass_on, args=(process,), daemon=True)
            reader.start()
            stack.callback(reader.join, _STOP_SECONDS)
            stack.callback(_end, process)
            self._settings = _read(private / ".env")
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def event_hubs(self) -> str:
        """The connection string of the Event Hubs namespace."""
        return self._settings["EVENT_HUBS_CONNECTION_STRING"]

    @property
    def cosmos(self) -> str:
        """The connection string of the Cosmos DB account."""
        return self._settings["COSMOS_CONNECTION_STRING"]

    @property
    def blob(self) -> str:
        """The connection string of the storage account."""
        return self._settings["BLOB_CONNECTION_STRING"]

    @property
    def settings(self) -> Mapping[str, str]:
        """All that a client needs, by the names of environment variables: as in the settings file."""
        return dict(self._settings)

    @property
    def faults(self) -> FaultRecipes:
        """What makes the servers fail as the real ones do, once in a while."""
        return FaultRecipes(self.ask)

    def new_event_hub(self, name: str = "", *, partitions: int = 4, groups: Sequence[str] = ()) -> EventHub:
        """Create an event hub: an empty one, for example for one test. Without a name it gets one that is new.

        Raises:
            EmulatorsError: there is one of this name, or the name or a number is not acceptable.
        """
        name = name or f"hub-{uuid.uuid4().hex[:12]}"
        hub = {"Name": name, "PartitionCount": partitions, "ConsumerGroups": [{"Name": group} for group in groups]}
        self.ask("POST", "/event-hubs/hubs", hub)
        return self.event_hub(name)

    def event_hub(self, name: str) -> EventHub:
        """An event hub that exists."""
        return EventHub(name, f"{self.event_hubs}EntityPath={name}")

    def split_partition(self, database: str, container: str, partition: str | None = None) -> list[str]:
        """Split a physical partition of a Cosmos DB container, as the service does while clients work.

        Args:
            database: the database's name.
            container: the container's name.
            partition: the id of its range; by default the one with the widest range.

        Returns:
            The ids of its halves.

        Raises:
            EmulatorsError: there is no such container or partition, or it cannot be split.
        """
        wanted = {"database": database, "container": container, "range": partition}
        return [half["id"] for half in self.ask("POST", "/cosmos/split", wanted)["ranges"]]

    def counters(self) -> dict[str, dict[str, dict[str, float]]]:
        """How many requests there were, by server, agent (`user_agent`) and operation; and what they were charged."""
        found: dict[str, dict[str, dict[str, float]]] = self.ask("GET", "/counters")
        return found

    def ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 -- the JSON of the answer
        """Ask the control endpoint; see docs/emulators.md for what it answers.

        Raises:
            EmulatorsError: it refuses, or the servers do not run.
        """
        url = self._settings.get("EMULATORS_CONTROL_URL")
        if url is None:
            raise EmulatorsError("the emulators do not run: use them in a with block")
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{url}{path}", data, method=method)  # noqa: S310 -- our own address
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback is behind no proxy
        try:
            with opener.open(request, timeout=_CONTROL_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise EmulatorsError(_reason(error)) from error
        except OSError as error:
            raise EmulatorsError(f"the emulators do not answer at {url}: {error}") from error

    def _command(self, directory: Path, private: Path) -> list[str]:
        config = private / "Config.json"
        entities = [{"Name": name, "PartitionCount": count} for name, count in self._hubs.items()]
        namespace = {"Type": "EventHub", "Name": "emulatorNs1", "Entities": entities}
        config.write_text(json.dumps({"UserConfig": {"NamespaceConfig": [namespace]}}), encoding="utf-8")
        ports = [word for name in ("event-hubs", "cosmos", "blob") for word in (f"--{name}-port", "0")]
        where = ["--data-dir", str(directory), "--env-file", str(private / ".env"), "--event-hubs-config", str(config)]
        return [sys.executable, "-m", "quartet_emulators", "--end-with-stdin", *where, *ports, *self._options]


def _process(command: Sequence[str]) -> subprocess.Popen[str]:
    # A process group of its own: Ctrl-C in a terminal ends the tests, which then end the servers.
    return subprocess.Popen(  # noqa: S603 -- our own program
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def _wait_until_ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None  # noqa: S101 -- it is a pipe
    said = []
    for line in process.stdout:
        if line == _READY:
            return
        said.append(line.strip())
    raise EmulatorsError(f"the emulators did not start: {(said or ['they said nothing'])[-1]}")


def _pass_on(process: subprocess.Popen[str]) -> None:
    """Log what the servers say: warnings. A pipe that is not read would stop them when it is full."""
    assert process.stdout is not None  # noqa: S101 -- it is a pipe
    for line in process.stdout:
        _LOG.warning("%s", line.rstrip())


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None  # noqa: S101 -- it is a pipe
    process.stdin.close()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _read(path: Path) -> dict[str, str]:
    words = shlex.split(path.read_text(encoding="utf-8"))
    return dict(word.split("=", 1) for word in words)


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["error"])
    except (ValueError, KeyError, TypeError):
        return f"the emulators answer {error.code} {error.reason}"
