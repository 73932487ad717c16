"""The emulator as a process: what it keeps when it and its worker are killed."""

import asyncio
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import grpc
import pytest
from durabletask.azuremanaged.client import DurableTaskSchedulerClient
from durabletask.client import TaskHubGrpcClient
from durabletask.history import ExecutionCompletedEvent, HistoryEvent, TaskCompletedEvent, TaskScheduledEvent

from tests.emulators.durable_tasks.conftest import WAIT

FREE_PORTS = ("--event-hubs-port", "0", "--cosmos-port", "0", "--blob-port", "0")
SAGAS, STEPS = 100, 4


def command(data_dir: Path, *flags: str) -> list[str]:
    return [sys.executable, "-m", "quartet_emulators", "--data-dir", str(data_dir), *FREE_PORTS, *flags]


@contextmanager
def emulators(data_dir: Path, port: int = 0) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A running process, and the address of its scheduler."""
    flags = command(data_dir, "--durable-tasks-port", str(port))
    with subprocess.Popen(flags, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = iter(process.stdout.readline, "ready\n")
            (address,) = [line.split()[1] for line in said if line.startswith("Scheduler")]
            yield process, address.removeprefix("http://")
        finally:
            process.kill()


@contextmanager
def worker(address: str, effects: Path) -> Iterator["subprocess.Popen[str]"]:
    flags = [sys.executable, "-m", "tests.emulators.durable_tasks.crash_worker", address, str(effects)]
    with subprocess.Popen(flags, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline()
            yield process
        finally:
            process.kill()


def lines(effects: Path) -> list[str]:
    return effects.read_text().splitlines() if effects.exists() else []


def until_lines(effects: Path, count: int) -> None:
    deadline = time.monotonic() + WAIT
    while len(lines(effects)) < count:
        assert time.monotonic() < deadline
        time.sleep(0.005)  # another process writes them


def client_of(address: str) -> DurableTaskSchedulerClient:
    return DurableTaskSchedulerClient(
        host_address=address, secure_channel=False, taskhub="default", token_credential=None
    )


def check_history(history: list[HistoryEvent]) -> None:
    """Nothing twice, nothing missing, each result after its task, and one end, which is last."""
    scheduled = [event.event_id for event in history if isinstance(event, TaskScheduledEvent)]
    completed = [event.task_scheduled_id for event in history if isinstance(event, TaskCompletedEvent)]
    assert scheduled == completed == list(range(1, STEPS + 1))
    assert [isinstance(event, ExecutionCompletedEvent) for event in history].index(True) == len(history) - 1


def test_orchestrations_survive_kill_9_of_emulator_and_worker(tmp_path: Path) -> None:
    data_dir, effects = tmp_path / "data", tmp_path / "effects"
    with emulators(data_dir) as (emulator, address):
        port = int(address.rpartition(":")[2])
        with client_of(address) as client:
            ids = [client.schedule_new_orchestration("four_lines", input=number) for number in range(SAGAS)]
        with worker(address, effects) as first:
            until_lines(effects, SAGAS // 2)
            emulator.send_signal(signal.SIGKILL)
            emulator.wait(WAIT)
            assert len(set(lines(effects))) < SAGAS * STEPS, "killed too late: nothing was under way"
            with emulators(data_dir, port) as (_, again):
                assert again == address
                until_lines(effects, len(lines(effects)) + SAGAS // 2)  # the worker has come back
                first.kill()
                first.wait(WAIT)
                assert len(set(lines(effects))) < SAGAS * STEPS, "killed too late: nothing was under way"
                with worker(address, effects), client_of(address) as client:
                    for number, name in enumerate(ids):
                        state = client.wait_for_orchestration_completion(name, timeout=WAIT)
                        assert state is not None
                        assert state.get_output() == [f"{number}.{step}" for step in range(STEPS)]
                        check_history(client.get_orchestration_history(name))
    seen = Counter(lines(effects))
    assert set(seen) == {f"{number}.{step}" for number in range(SAGAS) for step in range(STEPS)}


def test_the_settings_name_the_scheduler(tmp_path: Path) -> None:
    with emulators(tmp_path) as (_, address):
        settings = dict(line.split("=", 1) for line in (tmp_path / ".env").read_text().splitlines())
        (value,) = shlex.split(settings["DURABLE_TASK_SCHEDULER_CONNECTION_STRING"])
        assert value == f"Endpoint=http://{address};TaskHub=default;Authentication=None"


async def test_the_control_endpoint_counts_it_and_takes_it_away(tmp_path: Path) -> None:
    with emulators(tmp_path) as (_, address), client_of(address) as client:
        name = client.schedule_new_orchestration("saga")
        settings = dict(line.split("=", 1) for line in (tmp_path / ".env").read_text().splitlines())
        control = settings["EMULATORS_CONTROL_URL"]
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{control}/counters") as response:
                (counted,) = (await response.json())["durable_tasks"].values()
            assert counted == {"start_instance": 1}
            async with session.post(f"{control}/outage", json={"server": "durable_tasks", "seconds": 0.1}) as response:
                assert response.status == 202
            outcome = await asyncio.to_thread(states_until_back, client, name)
    # A call that is under way when the server goes is cancelled.
    assert outcome - {grpc.StatusCode.CANCELLED} == {grpc.StatusCode.UNAVAILABLE}


def states_until_back(client: TaskHubGrpcClient, name: str) -> set[grpc.StatusCode]:
    """Ask for an instance until the answers fail, and then until they come; how they failed."""
    failures: set[grpc.StatusCode] = set()
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        try:
            state = client.get_orchestration_state(name)
        except grpc.RpcError as error:
            failures.add(error.code())
        else:
            if failures:
                assert state is not None
                break
        time.sleep(0.01)  # another process is away
    return failures


def failure(*flags: str) -> str:
    """The one line of a failed start."""
    done = subprocess.run(flags, capture_output=True, text=True, timeout=WAIT, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    return line


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    with emulators(tmp_path / "first") as (_, address):
        port = address.rpartition(":")[2]
        line = failure(*command(tmp_path / "second", "--durable-tasks-port", port))
        assert f"port {port} is taken; choose another with --durable-tasks-port" in line


@pytest.mark.parametrize("missing", ["grpc", "durabletask"])
def test_a_missing_package_is_one_line_that_names_the_extra(tmp_path: Path, missing: str) -> None:
    program = (
        f"import sys; sys.modules[{missing!r}] = None; from quartet_emulators.__main__ import main; sys.exit(main())"
    )
    flags = command(tmp_path, "--durable-tasks-port", "0")[3:]
    assert "quartet-emulators[durable-tasks]" in failure(sys.executable, "-c", program, *flags)


def test_without_the_flag_nothing_of_it_is_loaded() -> None:
    program = "import sys, quartet_emulators.__main__; sys.exit('grpc' in sys.modules or 'durabletask' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], timeout=WAIT, check=False).returncode == 0
