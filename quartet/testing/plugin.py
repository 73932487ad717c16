"""A pytest plugin: the emulators of Event Hubs, Cosmos DB and Blob Storage for a test, or for a session.

It is active as soon as Quartet is installed. The emulators need `quartet[local]`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, TypeAlias

import pytest

from quartet.extras import require_emulators
from quartet.testing.child import read_settings, read_until, start, stop
from quartet.testing.up import RunningApp, running_app

Running: TypeAlias = Callable[..., RunningApp]
"""The fixture `running`: takes the import path of an application, and flags of `quartet up`."""

_STARTED: Final = "ready"


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
    """The same for all tests of a session. The next test finds the data that a test leaves."""
    with running_emulators(tmp_path_factory.mktemp("azure-emulators")) as settings:
        yield settings


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """What starts an application as real processes, with emulators of its own, by its import path.

        app = running("my_shop.app:SHOP")

    It runs when the call returns, and is stopped at the end of the test. Further arguments are flags of `quartet up`,
    such as `--replicas 2`. See `RunningApp`.
    """
    with ExitStack() as stack:

        def run(path: str, *flags: str) -> RunningApp:
            data_dir = tmp_path / path.replace(":", ".")
            return stack.enter_context(running_app(path, data_dir, *flags))

        yield run


@contextmanager
def running_emulators(data_dir: Path) -> Iterator[Mapping[str, str]]:
    """Emulators in a process of their own, for the length of a block.

    Raises:
        MissingExtraError: they are not installed.
        RuntimeError: they do not start; the message has their output.
    """
    require_emulators()
    ports = ("--event-hubs-port", "0", "--cosmos-port", "0", "--blob-port", "0")
    process = start("-m", "quartet_emulators", "--data-dir", str(data_dir), *ports)
    said: list[str] = []
    try:
        if not read_until(process, lambda line: line == _STARTED, said):
            raise RuntimeError("\n".join(["the emulators do not start:", *said]))
        yield read_settings(data_dir / ".env")
    finally:
        stop(process)
        if process.stdout is not None:
            process.stdout.close()
