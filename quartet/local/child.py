"""Run a module as a program that does not outlive its supervisor: `python -m quartet.local.child MODULE [ARGS...]`.

Standard input is the read end of a pipe whose write end the supervisor alone holds and never writes to. When
the supervisor ends, however it ends, the pipe closes. That works on every POSIX system.
"""

import os
import runpy
import signal
import sys
import threading
import time

GRACE_VARIABLE = "QUARTET_CHILD_GRACE"
DEFAULT_GRACE = 10.0  # seconds from SIGTERM to SIGKILL
USAGE_ERROR = 2  # exit status


def main() -> None:
    """Take over standard input, watch it, and become the module."""
    if len(sys.argv) < 2:  # noqa: PLR2004  # the program and the module
        sys.stderr.write("usage: python -m quartet.local.child MODULE [ARGS...]\n")
        sys.exit(USAGE_ERROR)
    grace = float(os.environ.pop(GRACE_VARIABLE, DEFAULT_GRACE))
    watcher = threading.Thread(target=_end_with_supervisor, args=(_take_stdin(), grace), daemon=True)
    watcher.start()
    module = sys.argv.pop(1)
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _take_stdin() -> int:
    """Move the pipe to a descriptor that is not inherited, and leave the module an empty standard input."""
    life = os.dup(0)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    return life


def _end_with_supervisor(life: int, grace: float) -> None:
    # A signal that arrived on this thread would not interrupt the main thread, where Python handles it.
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    while os.read(life, 1):
        pass
    main_thread = threading.main_thread().ident
    if main_thread is not None:
        signal.pthread_kill(main_thread, signal.SIGTERM)
    time.sleep(grace)
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
