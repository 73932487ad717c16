"""A standard stream that takes nothing is reported in one line, or ends the command quietly."""

import subprocess
import sys
from pathlib import Path

import pytest

QUARTET = f"{sys.executable} -c 'from quartet.cli.main import main; main()'"


def shell(line: str, directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", line], cwd=directory, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", ["schema", "--version", "--help"])
def test_a_full_disk_is_reported(tmp_path: Path, command: str) -> None:
    done = shell(f"{QUARTET} {command} >/dev/full", tmp_path)
    assert (done.returncode, done.stderr.splitlines()) == (
        1,
        ["quartet: what there is to say cannot be written: No space left on device"],
    )


def test_a_closed_standard_output_is_reported(tmp_path: Path) -> None:
    done = shell(f"{QUARTET} schema >&-", tmp_path)
    assert (done.returncode, done.stderr) == (1, "quartet: standard output is closed\n")


def test_a_standard_error_that_is_closed_hides_nothing_but_the_line(tmp_path: Path) -> None:
    done = shell(f"{QUARTET} schema 2>&-", tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("{")
    assert shell(f"{QUARTET} fly 2>&-", tmp_path).returncode == 2


def test_a_pipe_without_a_reader_ends_the_command_quietly(tmp_path: Path) -> None:
    """The schemas are more than a pipe holds, so that they are not written before the reader has gone."""
    done = shell(f"{{ {QUARTET} schema; echo $? >status; }} | true", tmp_path)
    assert (done.stdout, done.stderr) == ("", "")
    assert (tmp_path / "status").read_text() == "1\n"
