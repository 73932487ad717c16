"""How the processes of the emulators live and end."""

import asyncio
import fcntl
import os
import pickle
import signal
import socket
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import pytest
from quartet_emulators import data_directory
from quartet_emulators.processes.child import ORPHANED, START
from quartet_emulators.processes.spawning import spawned
from quartet_emulators.start_error import StartError

from tests.emulators.processes.conftest import LIMIT, PARTS, Start


async def test_each_emulator_has_a_process_in_the_group_of_its_parent(start: Start) -> None:
    emulators = await start()
    assert set(emulators.children) == PARTS
    assert {os.getpgid(pid) for pid in emulators.children.values()} == {emulators.process.pid}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_to_the_whole_group_ends_all_of_them_quietly(start: Start, number: signal.Signals) -> None:
    """Ctrl-C in a terminal reaches every process; a service manager sends SIGTERM to all of them."""
    emulators = await start()
    os.killpg(emulators.process.pid, number)
    assert await emulators.ended() == (0, [])
    assert not emulators.env_file.exists()


async def test_a_child_ignores_what_its_parent_acts_on(start: Start) -> None:
    emulators = await start()
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(emulators.children["blob"], number)
    assert await emulators.ask("GET", "/health") == (200, {"status": "ok"})


@pytest.mark.parametrize("name", sorted(PARTS))
async def test_a_child_that_dies_ends_all_with_a_line_about_it(start: Start, name: str) -> None:
    emulators = await start()
    os.kill(emulators.children[name], signal.SIGKILL)
    flag = name.replace("_", "-")
    line = f"emulators: the {flag} emulator was killed by SIGKILL; the others were stopped"
    assert await emulators.ended() == (1, [line])
    assert not emulators.env_file.exists()


async def test_a_child_that_hangs_is_killed_at_the_end(start: Start) -> None:
    emulators = await start()
    os.kill(emulators.children["cosmos"], signal.SIGSTOP)
    emulators.process.terminate()
    warning = "WARNING quartet_emulators.parts.assembly: cosmos did not stop within 1.5 s"
    assert await emulators.ended() == (0, [warning])


async def test_a_parent_that_is_killed_leaves_no_child(start: Start) -> None:
    emulators = await start()
    emulators.process.kill()
    assert await emulators.ended() == (-signal.SIGKILL, [])


BUSY = """
import sys, time
from quartet_emulators.processes import child

def never(name, inputs):
    print("busy", file=sys.stderr, flush=True)
    time.sleep(600)

child.local_part = never
child.main("event_hubs", int(sys.argv[1]))
"""


def test_a_child_that_is_busy_dies_with_its_parent(tmp_path: Path) -> None:
    """Its event loop is held up, as by a long query, and sees nothing."""
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-c", BUSY, str(theirs.fileno())]
    with (
        ours,
        theirs,
        subprocess.Popen(command, stdin=PIPE, stderr=PIPE, pass_fds=[theirs.fileno()], cwd=tmp_path) as child,
    ):
        message = pickle.dumps((0, START, None))
        ours.sendall(len(message).to_bytes(8) + message)
        assert child.stderr is not None
        assert child.stderr.readline() == b"busy\n"
        assert child.stdin is not None
        child.stdin.close()
        try:
            assert child.wait(LIMIT) == ORPHANED
        finally:
            child.kill()


def test_a_child_keeps_the_lock_of_its_parent_as_long_as_it_lives(tmp_path: Path) -> None:
    path, at_most_now = tmp_path / "lock", fcntl.LOCK_EX | fcntl.LOCK_NB
    lock = path.open("w")
    fcntl.flock(lock, at_most_now)
    with spawned(["event_hubs"], lock.fileno()):
        lock.close()  # as that of a parent that was killed
        with path.open("w") as another, pytest.raises(BlockingIOError):
            fcntl.flock(another, at_most_now)
    with path.open("w") as another:
        fcntl.flock(another, at_most_now)


async def test_a_start_after_sigkill_finds_the_ports_and_the_data_free(start: Start) -> None:
    first = await start()
    flags = [word for name in sorted(PARTS) for word in (f"--{name.replace('_', '-')}-port", str(first.port(name)))]
    first.process.kill()
    await first.process.wait()
    second = await start(*flags)
    assert second.settings["COSMOS_CONNECTION_STRING"] == first.settings["COSMOS_CONNECTION_STRING"]


def test_a_directory_is_free_when_the_children_of_a_killed_process_have_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / ".lock-children").open("w") as orphan:
        fcntl.flock(orphan, fcntl.LOCK_EX)
        # It ends during the first pause.
        monkeypatch.setattr("time.sleep", lambda _seconds: orphan.close())
        with data_directory.locked(tmp_path) as held:
            assert orphan.closed
            assert os.fstat(held).st_ino == (tmp_path / ".lock-children").stat().st_ino


def test_children_that_do_not_end_keep_the_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter(range(1000))
    monkeypatch.setattr("time.monotonic", lambda: float(next(moments)))
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    with (tmp_path / ".lock-children").open("w") as orphan:
        fcntl.flock(orphan, fcntl.LOCK_EX)
        with pytest.raises(StartError, match="in use by running emulators"), data_directory.locked(tmp_path):
            pass


async def test_the_modules_of_the_current_directory_are_not_taken_for_ours(start: Start, tmp_path: Path) -> None:
    elsewhere = tmp_path / "project"
    elsewhere.mkdir()
    for name in ("logging", "tokens", "aiohttp", "quartet_emulators"):
        (elsewhere / f"{name}.py").write_text("raise SystemExit('the wrong module')")
    await start(python=["-P"], cwd=elsewhere)  # as the command azure-emulators is


def test_a_child_finds_its_modules_where_its_parent_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "quartet_emulators" / "processes"
    package.mkdir(parents=True)
    for directory in (package.parent, package):
        (directory / "__init__.py").touch()
    (package / "child.py").write_text("raise SystemExit(42)")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with spawned(["event_hubs"], held=0) as processes:
        assert processes[0].process.wait(LIMIT) == 42


def test_a_process_loads_what_it_runs() -> None:
    program = (
        "import sys; from quartet_emulators.processes.child import load; load('event_hubs');"
        "print(*sorted({'aiohttp', 'quartet_emulators.cosmos', 'quartet_emulators.blob'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True, timeout=LIMIT)
    assert done.stdout == "\n"


async def test_what_the_processes_log_stays_in_lines(start: Start) -> None:
    """Both log at the same time, and each line is whole."""
    emulators = await start()
    ports = [emulators.port(name) for name in ("cosmos", "blob")]

    async def nonsense(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / NONSENSE/" + b"x" * 150 + b"\r\n\r\n")
        await asyncio.wait_for(reader.read(), LIMIT)
        writer.close()

    await asyncio.gather(*(nonsense(port) for port in ports * 40))
    emulators.process.terminate()
    status, lines = await emulators.ended()
    assert (status, len(lines)) == (0, 80)
    starts = {f"WARNING quartet_emulators.{name}.http: malformed HTTP request" for name in ("cosmos", "blob")}
    assert {line.rpartition(":")[0].partition(" request")[0] + " request" for line in lines} == starts
    assert len({len(line) for line in lines if ".cosmos." in line}) == 1
