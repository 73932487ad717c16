"""The emulator as a process: how it starts, stops, fails to start, and what it keeps when it is killed."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from azure.eventhub import EventData
from quartet_emulators.event_hubs import EventHubsEmulator

from quartet.engine.failures.timeouts import stretched
from tests.emulators.event_hubs.conftest import CONFIG, running
from tests.emulators.event_hubs.sdk import producer
from tests.emulators.event_hubs.wire import logged_in, message

CONFIG_FILE = "infra/eventhubs-emulator/Config.json"
SOURCE = "saga-events/ConsumerGroups/order/Partitions/0"


def command(data_dir: Path, *options: str) -> list[str]:
    module = [sys.executable, "-m", "quartet_emulators.event_hubs", "--data-dir", str(data_dir)]
    return [*module, "--config", CONFIG_FILE, "--port", "0", *options]


@contextmanager
def process(data_dir: Path) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """A running emulator and its port."""
    with subprocess.Popen(command(data_dir), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            line = child.stdout.readline()
            assert line.startswith("listening on 127.0.0.1:")
            yield child, int(line.rpartition(":")[2])
        finally:
            child.kill()


async def test_acknowledged_events_survive_kill_9(tmp_path: Path) -> None:
    with process(tmp_path) as (child, port):
        # The SDK is given the address of the process by way of an emulator that is never started.
        address = EventHubsEmulator(tmp_path, CONFIG, port=port)
        async with producer(address) as client:
            for number in range(20):
                batch = await client.create_batch(partition_id="0")
                for item in range(25):
                    batch.add(EventData(f"{number}.{item}"))
                await client.send_batch(batch)
            child.send_signal(signal.SIGKILL)
            child.wait(stretched(30))
    async with running(tmp_path) as emulator, logged_in(emulator.port) as wire:
        await wire.attach_receiver(SOURCE)
        wire.give_credit(1000)
        events = await wire.receive(500)
        await wire.publish("saga-events/Partitions/0", [message(b"life goes on")])
    assert [event[0x75] for event in events] == [
        f"{number}.{item}".encode() for number in range(20) for item in range(25)
    ]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_quickly_and_stops_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    started = time.monotonic()
    with process(tmp_path) as (child, _):
        assert time.monotonic() - started < stretched(3)  # under one second on an idle machine
        child.send_signal(number)
        _, errors = child.communicate(timeout=stretched(30))
        assert child.returncode == 0
        assert "Traceback" not in errors


def fails_to_start(arguments: list[str]) -> str:
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=stretched(30), check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line


def test_a_port_in_use_is_one_line_and_status_2(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert "address already in use" in fails_to_start(command(tmp_path, "--port", port))


def test_a_bad_configuration_is_one_line_and_status_2(tmp_path: Path) -> None:
    missing = tmp_path / "none.json"
    assert str(missing) in fails_to_start(command(tmp_path, "--config", str(missing)))


def test_a_broken_database_is_one_line_and_status_2(tmp_path: Path) -> None:
    (tmp_path / "event-hubs.sqlite").write_text("this was never a database" * 1000)
    assert "not a database" in fails_to_start(command(tmp_path))


def test_a_data_directory_in_use_is_one_line_and_status_2(tmp_path: Path) -> None:
    with process(tmp_path):
        assert "database is locked" in fails_to_start(command(tmp_path))
