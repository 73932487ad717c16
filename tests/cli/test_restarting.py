"""Processes that end are restarted with a growing pause; only a configuration error ends everything."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from quartet.cli.failures import MISUSED, describe
from quartet.engine.failures.timeouts import stretched
from quartet.local.restarting import LONG_LIFE, Backoff, Restarter
from quartet.local.supervisor import Exit, Process, Supervisor

DEADLINE = stretched(30.0)  # seconds; only a broken restart takes as long
QUICK = Backoff(first=0.01, longest=0.04)

MODULES = {
    # Lives until it is killed.
    "lives": "import threading\nprint('ready', flush=True)\nthreading.Event().wait()",
    "fails": "raise SystemExit(3)",
    "ends": "pass",
    "misconfigured": "print('the key is missing', flush=True)\nraise SystemExit(2)",
}


class Said:
    """The lines that a restarter says."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._more = asyncio.Event()

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        self._more.set()

    async def until(self, count: int) -> list[str]:
        """The first `count` lines, as soon as they are said."""
        async with asyncio.timeout(DEADLINE):
            while len(self.lines) < count:
                self._more.clear()
                await self._more.wait()
        return self.lines[:count]


@pytest.fixture(autouse=True)
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in MODULES.items():
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


@pytest.fixture
async def supervisor() -> AsyncIterator[Supervisor]:
    async with Supervisor(lambda *_: None, grace=DEADLINE) as supervisor:
        yield supervisor


async def until_ready_again(supervisor: Supervisor, name: str, old: int) -> int:
    async with asyncio.timeout(DEADLINE):
        while supervisor.pid(name) == old or name not in supervisor.running():  # noqa: ASYNC110  # no event tells it
            await asyncio.sleep(0.01)
    return supervisor.pid(name)


async def test_a_killed_process_runs_again_and_the_others_continue(supervisor: Supervisor) -> None:
    said = Said()
    await supervisor.start(Process("a", "lives"), Process("b", "lives"), ready_line="ready")
    first, other = supervisor.pid("a"), supervisor.pid("b")
    watching = asyncio.create_task(Restarter(supervisor, said, QUICK).run())
    os.kill(first, signal.SIGKILL)
    second = await until_ready_again(supervisor, "a", first)
    os.kill(second, signal.SIGTERM)
    await until_ready_again(supervisor, "a", second)
    assert said.lines == [
        "a was killed by SIGKILL: restarting it in 0.01 s",
        "a was killed by SIGTERM (ended soon after its start 2 times in a row): restarting it in 0.02 s",
    ]
    assert supervisor.pid("b") == other
    watching.cancel()


@pytest.mark.parametrize(("module", "status"), [("fails", 3), ("ends", 0)])
async def test_a_process_that_keeps_ending_is_restarted_forever_with_a_growing_pause(
    supervisor: Supervisor, module: str, status: int
) -> None:
    said = Said()
    watching = asyncio.create_task(Restarter(supervisor, said, QUICK).run())
    await supervisor.start(Process("a", module))
    first, *later = await said.until(5)
    assert first == f"a exited with status {status}: restarting it in 0.01 s"
    assert later == [
        f"a exited with status {status} (ended soon after its start {n} times in a row): restarting it in {delay} s"
        for n, delay in [(2, 0.02), (3, 0.04), (4, 0.04), (5, 0.04)]
    ]
    watching.cancel()


async def test_a_configuration_error_is_not_tried_again(supervisor: Supervisor) -> None:
    said = Said()
    await supervisor.start(Process("good", "lives"), ready_line="ready")
    await supervisor.start(Process("bad", "misconfigured"))
    with pytest.raises(ExceptionGroup) as error:
        async with asyncio.timeout(DEADLINE):
            await Restarter(supervisor, said, QUICK).run()
    failure = describe(error.value)
    assert failure is not None
    assert failure.status == MISUSED
    assert failure.line.startswith("bad exited with status 2, a configuration error: everything was stopped")
    assert said.lines == []


async def test_an_end_while_others_wait_for_their_restart_is_noticed(supervisor: Supervisor) -> None:
    """A long wait for one process does not hold up the next."""
    said = Said()
    await supervisor.start(Process("a", "lives"), Process("b", "lives"), ready_line="ready")
    watching = asyncio.create_task(Restarter(supervisor, said, Backoff(first=10 * DEADLINE)).run())
    for name in ("a", "b"):
        os.kill(supervisor.pid(name), signal.SIGKILL)
    assert {line.split()[0] for line in await said.until(2)} == {"a", "b"}
    assert supervisor.running() == []
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching


class Ends:
    """Ends that a test makes up, with lifetimes that no test could wait for."""

    def __init__(self, *ends: Exit) -> None:
        self._ends = [*ends]
        self.restarted: list[str] = []

    async def wait_for_exit(self) -> Exit:
        return self._ends.pop(0) if self._ends else await asyncio.Future[Exit]()

    async def restart(self, name: str) -> None:
        self.restarted.append(name)


async def test_a_process_that_lived_long_is_restarted_immediately_again() -> None:
    said = Said()
    long = stretched(LONG_LIFE)
    ends = Ends(Exit("a", 1, 0.0), Exit("a", 1, 0.0), Exit("b", 1, 0.0), Exit("a", 1, long), Exit("a", 1, 0.0))
    watching = asyncio.create_task(Restarter(ends, said, Backoff(0.001, 1)).run())
    delays = [line.rpartition(" in ")[2] for line in await said.until(5)]
    assert delays == ["0.001 s", "0.002 s", "0.001 s", "0.001 s", "0.002 s"]
    watching.cancel()


@pytest.mark.parametrize(
    ("early_ends", "seconds"), [(0, 1), (1, 2), (2, 4), (4, 16), (5, 30), (6, 30), (1_000_000, 30)]
)
def test_waits_double_up_to_a_bound(early_ends: int, seconds: float) -> None:
    assert Backoff().delay(early_ends) == seconds


def test_a_signal_without_a_name_is_shown_by_its_number() -> None:
    assert str(Exit("a", -signal.SIGRTMIN - 1)) == f"a was killed by signal {signal.SIGRTMIN + 1}"


async def test_a_dispensable_process_that_refuses_its_configuration_is_left_alone(supervisor: Supervisor) -> None:
    said = Said()
    await supervisor.start(Process("good", "lives"), ready_line="ready")
    await supervisor.start(Process("bad", "misconfigured"))
    watching = asyncio.create_task(Restarter(supervisor, said, QUICK, dispensable=("bad",)).run())
    [line] = await said.until(1)
    assert line == "bad exited with status 2, a configuration error: it is not restarted. Its last lines say why"
    assert supervisor.running() == ["good"]
    assert not watching.done()
    watching.cancel()
