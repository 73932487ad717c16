"""A process that a test has started, and the settings that emulators leave."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from quartet.engine.failures.timeouts import stretched

_STOP_SECONDS: Final = 30


def start(*words: str) -> "subprocess.Popen[str]":
    """Run this interpreter with these arguments; its output, with errors, is a pipe."""
    return subprocess.Popen(  # noqa: S603 -- our own modules, by this interpreter
        [sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment()
    )


def environment() -> dict[str, str]:
    """This process's environment, in which a child finds the same modules."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path)}


def read_until(process: "subprocess.Popen[str]", is_last: Callable[[str], bool], said: list[str]) -> bool:
    """Keep the lines that a process writes in `said`, up to the last one. Returns whether that came."""
    assert process.stdout is not None  # noqa: S101 -- it is a pipe
    for line in process.stdout:
        said.append(line.rstrip("\n"))
        if is_last(said[-1]):
            return True
    return False


def stop(process: "subprocess.Popen[str]") -> None:
    """End it as by SIGTERM; by force, if that takes too long."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=stretched(_STOP_SECONDS))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def read_settings(path: Path) -> dict[str, str]:
    """The variables in a settings file that emulators have written."""
    lines = [line.partition("=") for line in path.read_text(encoding="utf-8").splitlines()]
    return {name: "".join(shlex.split(value)) for name, _, value in lines}
