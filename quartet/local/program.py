"""Run a program that is no Python module as a supervised child: `python -m quartet.local.program PROGRAM [ARGS...]`.

A supervisor starts modules, so that its children end when it does (`quartet.local.child`). This one stays the parent of
the program, passes SIGTERM on, and ends with the program's exit status.
"""

import signal
import subprocess
import sys
from types import FrameType
from typing import Final

NOT_STARTED: Final = 127
"""Exit status if the program cannot be started, as in a shell."""


def main() -> None:
    """Start the program and wait for its end."""
    try:
        program = subprocess.Popen(sys.argv[1:])  # noqa: S603 -- what to run is the supervisor's choice
    except OSError as error:
        print(f"{sys.argv[1]} cannot be started: {error.strerror}")  # noqa: T201 -- a supervisor shows it
        sys.exit(NOT_STARTED)

    def stop(_number: int, _frame: FrameType | None) -> None:
        program.terminate()

    signal.signal(signal.SIGTERM, stop)
    status = program.wait()
    sys.exit(status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()
