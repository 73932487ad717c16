"""A process that is ready seldom looks for garbage. The setting is a process's, so the test has one of its own."""

import subprocess
import sys


def test_what_exists_is_not_looked_at_again_and_cycles_are_still_found() -> None:
    program = """
import gc, weakref
from quartet.process.garbage import look_for_garbage_seldom

class Cycle:
    def __init__(self):
        self.me = self

look_for_garbage_seldom()
assert gc.isenabled() and gc.get_freeze_count() > 1000 and gc.get_threshold()[0] > 10_000
gone = weakref.ref(Cycle())
kept = [[] for _ in range(gc.get_threshold()[0] + 1)]
assert gone() is None
"""
    subprocess.run([sys.executable, "-c", program], check=True)
