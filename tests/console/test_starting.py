"""A console that waits for its store ends at a signal, as at any other time."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from quartet.engine.failures.timeouts import stretched
from tests.cli.test_end_to_end import clean_environment

LIMIT: Final = 20.0
"""Seconds. It would wait for its store for ten minutes."""

KEY: Final = "a2V5"
NO_SERVERS: Final = {
    "COSMOS_CONNECTION_STRING": f"AccountEndpoint=http://127.0.0.1:1/;AccountKey={KEY};",
    "EVENT_HUBS_CONNECTION_STRING": "Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=k;SharedAccessKey=v;"
    "UseDevelopmentEmulator=true;",
    "BLOB_CONNECTION_STRING": f"AccountName=a;AccountKey={KEY};BlobEndpoint=http://127.0.0.1:1/a;",
    "CONSOLE_STORE": "cosmos",
    "CONSOLE_PORT": "0",
    "STARTUP_SECONDS": "600",
    "LOG_FORMAT": "json",
}


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A console whose Cosmos DB does not answer. It has said that it waits."""
    process = subprocess.Popen(
        [sys.executable, "-m", "quartet.console", "services.shop:SHOP"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=clean_environment() | NO_SERVERS | {"CONSOLE_DATA": str(tmp_path)},
    )
    with process:
        try:
            assert process.stdout is not None
            said = []
            for line in process.stdout:
                said.append(line)
                if '"waiting"' in line and "Cosmos DB" in line:
                    break
            else:
                pytest.fail("it did not wait: " + "".join(said))
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_one_that_waits_for_cosmos_db(waiting: "subprocess.Popen[str]", number: int) -> None:
    os.kill(waiting.pid, number)
    said, _ = waiting.communicate(timeout=stretched(LIMIT))
    assert (waiting.returncode, "Traceback" in said, "the console is at" in said) == (0, False, False)
