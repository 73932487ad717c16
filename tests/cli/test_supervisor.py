"""The supervisor: children that talk, die, hang, are paused, and never outlive it."""

import asyncio
import os
import signal
import sys
import threading
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from quartet.engine.failures.timeouts import stretched
from quartet.local.supervisor import Exit, Process, ProcessExitedError, Supervisor

DEADLINE = stretched(30.0)  # seconds; only a broken supervisor takes as long

MODULES = {
    # Says its name when it ends by SIGTERM.
    "polite": """
import signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
print("ready", flush=True)
signal.sigwait({signal.SIGTERM})
print("bye", *sys.argv[1:], flush=True)
""",
    "deaf": """
import signal, threading
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
print("ready", flush=True)
threading.Event().wait()
""",
    "says": """
import os, sys
print(sys.argv[1:], __name__, os.environ.get("COLOUR"), sys.stdin.read() == "")
print("on stderr", file=sys.stderr)
""",
    "fails": "raise SystemExit(3)",
    "floods": "print('x' * 20_000)\nfor n in range(20_000): print(n)",
    "odd": r"""
import sys
sys.stdout.buffer.write(b"caf\xe9\r\n" + b"y" * 200_000 + b"\nno end of line")
""",
    "counts": """
import itertools, time
print("ready", flush=True)
for n in itertools.count(): print(n, flush=True); time.sleep(0.005)
""",
    "boss": """
import asyncio, signal, sys
from quartet.local.supervisor import Process, Supervisor

# A shell lets what it starts in the background ignore Ctrl-C, which is inherited.
signal.signal(signal.SIGINT, signal.default_int_handler)

async def main():
    async with Supervisor(lambda *_: None, grace=0.5) as supervisor:
        await supervisor.start(*(Process(name, name) for name in sys.argv[1:]), ready_line="ready")
        if sys.argv[1:] == ["counts"]:
            supervisor.pause("counts")
        print(*(supervisor.pid(name) for name in sys.argv[1:]), flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
""",
}


class Lines:
    """A sink that remembers; it can be held, like a terminal whose scrolling is stopped."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def __call__(self, name: str, line: str) -> None:
        self.may_go_on.wait()
        self.seen.append((name, line))

    def of(self, name: str) -> list[str]:
        return [line for who, line in self.seen if who == name]


@pytest.fixture(autouse=True)
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in MODULES.items():
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture
async def supervisor(lines: Lines) -> AsyncIterator[Supervisor]:
    async with Supervisor(lines, grace=DEADLINE) as supervisor:
        yield supervisor


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for its parent to notice does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


async def until_gone(*pids: int) -> None:
    async with asyncio.timeout(DEADLINE):
        while any(is_alive(pid) for pid in pids):  # noqa: ASYNC110  # no event tells of another's child
            await asyncio.sleep(0.01)


async def until_more(lines: Lines, name: str) -> None:
    """Wait until a process says something that it has not said yet."""
    before = len(lines.of(name))
    async with asyncio.timeout(DEADLINE):
        while len(lines.of(name)) == before:  # noqa: ASYNC110  # lines come on another thread
            await asyncio.sleep(0.01)


async def test_a_child_is_its_module_run_as_a_program(lines: Lines) -> None:
    async with Supervisor(lines) as supervisor:
        await supervisor.start(Process("talker", "says", ("--a", "b c"), {"COLOUR": "blue"}))
        assert await supervisor.wait_for_exit() == Exit("talker", 0)
    assert sorted(lines.of("talker")) == ["['--a', 'b c'] __main__ blue True", "on stderr"]


async def test_lines_keep_their_order_and_survive_bad_bytes(lines: Lines) -> None:
    async with Supervisor(lines) as supervisor:
        await supervisor.start(Process("flood", "floods"), Process("odd", "odd"))
        assert {(await supervisor.wait_for_exit()).status, (await supervisor.wait_for_exit()).status} == {0}
    assert lines.of("flood") == ["x" * 20_000, *map(str, range(20_000))]
    first, *long, last = lines.of("odd")
    assert (first, "".join(long), last) == ("caf�", "y" * 200_000, "no end of line")


async def test_a_stalled_terminal_does_not_stop_the_children(lines: Lines) -> None:
    lines.may_go_on.clear()
    async with Supervisor(lines) as supervisor:
        await supervisor.start(Process("flood", "floods"), Process("flood-2", "floods"))
        for _ in range(2):
            assert (await supervisor.wait_for_exit()).status == 0
        lines.may_go_on.set()
    dropped = 2 * 20_001 - len(lines.of("flood")) - len(lines.of("flood-2"))
    assert lines.of("quartet") == [f"{dropped} lines were dropped: they came faster than they could be shown"]


async def test_an_unexpected_exit_is_reported_with_its_status(supervisor: Supervisor) -> None:
    await supervisor.start(Process("good", "polite"), ready_line="ready")
    await supervisor.start(Process("bad", "fails"))
    ended = await supervisor.wait_for_exit()
    assert ended == Exit("bad", 3)
    assert str(ended) == "bad exited with status 3"
    assert supervisor.running() == ["good"]


async def test_death_by_a_foreign_signal_is_unexpected(supervisor: Supervisor) -> None:
    await supervisor.start(Process("good", "polite"), ready_line="ready")
    os.kill(supervisor.pid("good"), signal.SIGKILL)
    assert str(await supervisor.wait_for_exit()) == "good was killed by SIGKILL"


async def test_a_process_that_was_stopped_killed_or_restarted_is_not_an_unexpected_exit(supervisor: Supervisor) -> None:
    await supervisor.start(*Process("a", "polite").replicas(3), ready_line="ready")
    await supervisor.stop("a")
    await supervisor.kill("a-2")
    await supervisor.restart("a-3", ready_line="ready")
    await supervisor.start(Process("b", "fails"))
    assert await supervisor.wait_for_exit() == Exit("b", 3)
    assert supervisor.running() == ["a-3"]


async def test_a_child_that_ends_before_it_is_ready_fails_the_start(supervisor: Supervisor) -> None:
    with pytest.raises(ProcessExitedError, match="bad exited with status 3 before it was ready"):
        await supervisor.start(Process("bad", "fails"), ready_line="ready")


async def test_a_name_runs_once(supervisor: Supervisor) -> None:
    await supervisor.start(Process("a", "polite"), ready_line="ready")
    with pytest.raises(ValueError, match="a is running already"):
        await supervisor.start(Process("a", "polite"))


async def test_groups_stop_in_reverse_order_of_start(lines: Lines) -> None:
    async with asyncio.timeout(DEADLINE), Supervisor(lines) as supervisor:
        for name in ("first", "second", "third"):
            await supervisor.start(*Process(name, "polite", (name,)).replicas(2), ready_line="ready")
        pids = [supervisor.pid(name) for name in supervisor.running()]
    said = [line for _, line in lines.seen if line.startswith("bye")]
    assert said == ["bye third"] * 2 + ["bye second"] * 2 + ["bye first"] * 2
    assert not any(is_alive(pid) for pid in pids)


async def test_a_process_that_ignores_sigterm_is_killed_after_the_grace(lines: Lines) -> None:
    async with Supervisor(lines, grace=0.2) as supervisor:
        await supervisor.start(Process("deaf", "deaf"), ready_line="ready")
        pid = supervisor.pid("deaf")
        started = time.monotonic()
        await supervisor.stop("deaf")
        assert time.monotonic() - started >= 0.2
        assert not is_alive(pid)


async def test_interrupting_the_wait_for_a_stop_kills_immediately(lines: Lines) -> None:
    """The second Ctrl-C: the person does not want to wait."""
    async with asyncio.timeout(DEADLINE):
        async with Supervisor(lines, grace=10 * DEADLINE) as supervisor:
            await supervisor.start(Process("deaf", "deaf"), ready_line="ready")
            pid = supervisor.pid("deaf")
            stopping = asyncio.create_task(supervisor.stop("deaf"))
            await asyncio.sleep(0)
            stopping.cancel()
            with pytest.raises(asyncio.CancelledError):
                await stopping
            await until_gone(pid)


async def test_a_paused_child_does_nothing_until_it_is_resumed(supervisor: Supervisor, lines: Lines) -> None:
    await supervisor.start(Process("counter", "counts"), Process("other", "counts"), ready_line="ready")
    supervisor.pause("counter")
    said = -1
    async with asyncio.timeout(DEADLINE):
        while len(lines.of("counter")) != said:  # what it had said before may still be on its way
            said = len(lines.of("counter"))
            for _ in range(5):
                await until_more(lines, "other")
    supervisor.resume("counter")
    await until_more(lines, "counter")


async def test_a_paused_child_can_be_stopped(lines: Lines) -> None:
    async with Supervisor(lines, grace=DEADLINE) as supervisor:
        await supervisor.start(Process("a", "polite"), ready_line="ready")
        supervisor.pause("a")
        await supervisor.stop("a")
        with pytest.raises(KeyError):
            supervisor.pause("a")
    assert lines.of("a") == ["ready", "bye"]


async def test_a_killed_child_is_restarted_under_its_name(lines: Lines) -> None:
    async with Supervisor(lines, grace=DEADLINE) as supervisor:
        await supervisor.start(Process("a", "polite"), ready_line="ready")
        old = supervisor.pid("a")
        await supervisor.kill("a")
        assert not is_alive(old)
        await supervisor.restart("a", ready_line="ready")
        assert is_alive(supervisor.pid("a"))
    assert lines.of("a") == ["ready", "ready", "bye"]


async def test_a_sink_that_fails_ends_the_waiting() -> None:
    def broken(_name: str, _line: str) -> None:
        raise BrokenPipeError("no reader")

    async with asyncio.timeout(DEADLINE), Supervisor(broken) as supervisor:
        await supervisor.start(Process("a", "polite"), ready_line="ready")
        with pytest.raises(BrokenPipeError, match="no reader"):
            await supervisor.wait_for_exit()


@pytest.mark.parametrize("children", [["polite"], ["polite", "deaf"], ["counts"]])
async def test_no_child_survives_a_supervisor_that_is_killed(children: list[str]) -> None:
    """Also not one that ignores SIGTERM, nor one that is paused (`counts`)."""
    boss = await asyncio.create_subprocess_exec(sys.executable, "-m", "boss", *children, stdout=PIPE)
    assert boss.stdout is not None
    pids = [int(word) for word in (await boss.stdout.readline()).split()]
    assert len(pids) == len(children)
    assert all(is_alive(pid) for pid in pids)
    os.kill(boss.pid, signal.SIGKILL)
    await boss.wait()
    await until_gone(*pids)


async def test_ctrl_c_stops_the_children_in_order() -> None:
    boss = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "boss", "polite", stdout=PIPE, stderr=PIPE, process_group=0
    )
    assert boss.stdout is not None
    (pid,) = [int(word) for word in (await boss.stdout.readline()).split()]
    os.killpg(boss.pid, signal.SIGINT)  # as a terminal does: to the whole foreground group
    await boss.communicate()
    assert not is_alive(pid)
