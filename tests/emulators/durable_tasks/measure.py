"""Sagas in flight: this emulator beside the backend in memory of the SDK.

Run it: python -m tests.emulators.durable_tasks.measure

Each backend has a process of its own; both are driven by the same worker and client. It prints seconds and CPU seconds
of the backend's process, and their ratios.
"""

import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from durabletask.azuremanaged.client import DurableTaskSchedulerClient
from durabletask.azuremanaged.worker import DurableTaskSchedulerWorker
from durabletask.task import ActivityContext, OrchestrationContext

from quartet.engine.failures.timeouts import stretched
from tests.emulators.durable_tasks.conftest import start
from tests.emulators.durable_tasks.sagas import Steps

SAGAS, ROUNDS = 400, 3
IN_MEMORY = """
import socket, sys
from durabletask.testing import create_test_backend
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
backend = create_test_backend(port=port)
sys.stdout.write(f"{port}\\n"); sys.stdout.flush()
sys.stdin.read()
"""
DURABLE = """
import asyncio, sys
from pathlib import Path
from quartet_emulators.durable_tasks import DurableTasksEmulator
async def main():
    emulator = DurableTasksEmulator(Path(sys.argv[1]))
    await emulator.start()
    sys.stdout.write(f"{emulator.port}\\n"); sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await emulator.stop()
asyncio.run(main())
"""


def step(_ctx: ActivityContext, number: int) -> int:
    return number + 1


def saga(ctx: OrchestrationContext, number: int) -> Steps:
    for _ in range(4):
        number = yield ctx.call_activity(step, input=number)
    return number


@contextmanager
def backend(program: str, *arguments: str) -> Iterator[tuple[int, str]]:
    """A backend's process id and address."""
    command = [sys.executable, "-c", program, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.pid, f"127.0.0.1:{int(process.stdout.readline())}"


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(address: str, pid: int) -> tuple[float, float]:
    """Seconds, and CPU seconds of the backend, from the first start to the last end."""
    worker = DurableTaskSchedulerWorker(
        host_address=address, secure_channel=False, taskhub="default", token_credential=None
    )
    worker.add_orchestrator(saga)
    worker.add_activity(step)
    client = DurableTaskSchedulerClient(
        host_address=address, secure_channel=False, taskhub="default", token_credential=None
    )
    with worker, client, ThreadPoolExecutor(4) as threads:
        start(worker)
        began, used = time.perf_counter(), cpu_seconds(pid)
        ids = list(threads.map(lambda number: client.schedule_new_orchestration(saga, input=number), range(SAGAS)))
        # One after the other: the backend in memory has ten threads, and each wait takes one.
        states = [client.wait_for_orchestration_completion(name, timeout=round(stretched(120))) for name in ids]
        took = time.perf_counter() - began, cpu_seconds(pid) - used
        assert [state.get_output() for state in states if state] == [number + 4 for number in range(SAGAS)]
    return took


def main() -> None:
    logging.disable(logging.INFO)
    seconds: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as data:
        for _ in range(ROUNDS):
            for name, program in (("durable", (DURABLE, data)), ("in memory", (IN_MEMORY,))):
                with backend(*program) as (pid, address):
                    took = run(address, pid)
                    sys.stdout.write(f"{name:<10} {took[0]:6.2f} s {took[1]:6.2f} CPU s\n")
                    seconds.setdefault(name, []).append(took[0])
                    seconds.setdefault(f"{name} CPU", []).append(took[1])
    for what in ("", " CPU"):
        ratio = min(seconds[f"durable{what}"]) / min(seconds[f"in memory{what}"])
        sys.stdout.write(f"durable / in memory{what}: {ratio:.2f}\n")


if __name__ == "__main__":
    main()
