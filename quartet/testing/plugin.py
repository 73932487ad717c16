"""A pytest plugin: the emulators of Event Hubs, Cosmos DB and Blob Storage for a test, or for a session.

It is there as soon as Quartet is installed. The emulators need the package `quartet-emulators`.
"""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from quartet.engine.failures.timeouts import stretched

_STARTED: Final = "ready\n"
_STOP_SECONDS: Final = 30


@pytest.fixture
def azure_emulators(tmp_path: Path) -> Iterator[Mapping[str, str]]:
    """Emulators for one test, on free ports, with nothing in them.

    The settings by their names: `EVENT_HUBS_CONNECTION_STRING`, `COSMOS_CONNECTION_STRING`, `BLOB_CONNECTION_STRING`,
    and what else a service needs to connect.
    """
    with running_emulators(tmp_path / "azure-emulators") as settings:
        yield settings


@pytest.fixture(scope="session")
def azure_emulators_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """The same for all tests of a session. What a test leaves there is there for the next one."""
    with running_emulators(tmp_path_factory.mktemp("azure-emulators")) as settings:
        yield settings


@contextmanager
def running_emulators(data_dir: Path) -> Iterator[Mapping[str, str]]:
    """Emulators in a process of their own, for the length of a block.

    Raises:
        RuntimeError: they do not start; with what they say about it.
    """
    ports = ("--event-hubs-port", "0", "--cosmos-port", "0", "--blob-port", "0")
    command = [sys.executable, "-m", "quartet_emulators", "--data-dir", str(data_dir), *ports]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    process = subprocess.Popen(  # noqa: S603 -- our own module, by this interpreter
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    )
    try:
        _wait(process)
        yield _settings(data_dir / ".env")
    finally:
        _stop(process)


def _wait(process: "subprocess.Popen[str]") -> None:
    """Until it says that it is ready. It ends its output when it cannot be."""
    assert process.stdout is not None  # noqa: S101 -- it is a pipe
    said = []
    for line in process.stdout:
        if line == _STARTED:
            return
        said.append(line)
    raise RuntimeError(f"the emulators do not start: {''.join(said)}")


def _settings(path: Path) -> dict[str, str]:
    lines = [line.partition("=") for line in path.read_text(encoding="utf-8").splitlines()]
    return {name: "".join(shlex.split(value)) for name, _, value in lines}


def _stop(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.communicate(timeout=stretched(_STOP_SECONDS))
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
