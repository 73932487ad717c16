"""Emulators that are ready seldom look for garbage. The setting is a process's, so the test has one of its own."""

import subprocess
import sys
from pathlib import Path

from quartet.engine.failures.timeouts import stretched

PROGRAM = """
import gc, io, os, signal, sys, weakref
from quartet_emulators.__main__ import main

class Cycle:
    def __init__(self):
        self.me = self

class StopWhenReady(io.StringIO):
    def flush(self):
        os.kill(os.getpid(), signal.SIGTERM)

sys.stdout = StopWhenReady()
assert main(sys.argv[1:]) == 0
sys.stdout = sys.__stdout__
assert gc.isenabled() and gc.get_freeze_count() > 1000 and gc.get_threshold()[0] > 10_000
gone = weakref.ref(Cycle())
kept = [[] for _ in range(2 * gc.get_threshold()[0])]
assert gone() is None
"""


def test_what_exists_is_not_looked_at_again_and_cycles_are_still_found(tmp_path: Path) -> None:
    ports = [flag for name in ("event-hubs", "cosmos", "blob") for flag in (f"--{name}-port", "0")]
    command = [sys.executable, "-c", PROGRAM, "--data-dir", str(tmp_path), *ports]
    subprocess.run(command, check=True, timeout=stretched(30.0))
