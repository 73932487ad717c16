"""How the processes of the emulators live and end."""

import asyncio
import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from quartet_emulators import data_directory
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
    await start(cwd=elsewhere, env={**os.environ, "PYTHONSAFEPATH": "1"})


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
