"""An emulator in a thread of its own, and the real client and worker, which block."""

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from durabletask.azuremanaged.client import DurableTaskSchedulerClient
from durabletask.azuremanaged.worker import DurableTaskSchedulerWorker
from durabletask.client import OrchestrationState, OrchestrationStatus
from durabletask.grpc_options import GrpcWorkerResiliencyOptions
from quartet_emulators.durable_tasks import DurableTasksEmulator
from quartet_emulators.faults import Injector, read_plan

from quartet.engine.failures.timeouts import stretched

WAIT = stretched(20.0)  # seconds; only a failure takes as long
SOON = 0.05  # seconds in which nothing is to come
QUICK = GrpcWorkerResiliencyOptions(reconnect_backoff_base_seconds=0.05, reconnect_backoff_cap_seconds=0.1)
Result = TypeVar("Result")


class Running:
    """A running emulator: what a test asks it from its own thread."""

    def __init__(self, data_dir: Path, port: int = 0) -> None:
        self.faults = Injector("durable_tasks")
        self.counters: Counter[tuple[str, str]] = Counter()
        self.emulator = DurableTasksEmulator(data_dir, port=port, counters=self.counters, faults=self.faults)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._opened: list[Callable[[], None]] = []

    def start(self) -> None:
        self._thread.start()
        self.run(self.emulator.start())

    def stop(self) -> None:
        for close in reversed(self._opened):
            close()
        self.run(self.emulator.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, work: Coroutine[None, None, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT)

    @property
    def address(self) -> str:
        return self.emulator.endpoint.removeprefix("http://")

    def client(self, hub: str = "default") -> DurableTaskSchedulerClient:
        client = DurableTaskSchedulerClient(
            host_address=self.address, secure_channel=False, taskhub=hub, token_credential=None
        )
        self._opened.append(client.close)
        return client

    def worker(self, hub: str = "default") -> DurableTaskSchedulerWorker:
        """A worker; not started."""
        worker = DurableTaskSchedulerWorker(
            host_address=self.address,
            secure_channel=False,
            taskhub=hub,
            token_credential=None,
            resiliency_options=QUICK,
        )
        self._opened.append(worker.stop)
        return worker

    def strike(self, **rule: object) -> None:
        """Inject a fault from now on, in place of those before."""
        self.strike_all([rule])

    def strike_all(self, rules: list[dict[str, object]]) -> None:
        """Inject faults from now on, in place of those before."""
        plan = read_plan({"rules": [{"server": "durable_tasks", **rule} for rule in rules]})

        async def replace() -> None:
            self.faults.replace(plan.rules, plan.seed)

        self.run(replace())


@contextmanager
def running(data_dir: Path, port: int = 0) -> Iterator[Running]:
    started = Running(data_dir, port)
    started.start()
    try:
        yield started
    finally:
        started.stop()


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as started:
        yield started


@pytest.fixture(autouse=True)
def _no_bugs(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a client does, the emulator has an answer of its own; an unforeseen exception is a failure."""
    yield
    ours = ("grpc", "asyncio", "quartet_emulators")
    found = [record for record in caplog.records if record.levelno >= logging.ERROR and record.name.startswith(ours)]
    assert not found


def start(worker: DurableTaskSchedulerWorker) -> None:
    """Start a worker."""
    worker.start()  # type: ignore[no-untyped-call]  # the SDK says no type there


def ended(client: DurableTaskSchedulerClient, instance_id: str) -> OrchestrationState:
    """The state of an instance at its end."""
    state = client.wait_for_orchestration_completion(instance_id, timeout=WAIT)
    assert state is not None
    return state


def output(client: DurableTaskSchedulerClient, orchestrator: Any, value: object = None) -> object:  # noqa: ANN401 - a function of any shape
    """What an orchestration returns."""
    state = ended(client, client.schedule_new_orchestration(orchestrator, input=value))
    assert state.runtime_status == OrchestrationStatus.COMPLETED, state.failure_details
    return state.get_output()
