"""One data directory, one run of the emulators."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Final

from quartet_emulators.start_error import StartError

_LAST_SECONDS: Final = 10.0
_PAUSE: Final = 0.01  # seconds between two looks


@contextmanager
def locked(data_dir: Path) -> Iterator[int]:
    """Hold a data directory, which is created if missing. The lock dies with the process, however it dies.

    Gives a descriptor that the children of this process keep open as long as they live. Those of a process that was
    killed end a moment after it, and this one waits for them: until then, they have its ports and its data.

    Raises:
        StartError: another process holds it, or it cannot be written.
    """
    with ExitStack() as files:
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
            own = files.enter_context((data_dir / ".lock").open("w"))
            for_children = files.enter_context((data_dir / ".lock-children").open("w"))
        except OSError as error:
            raise StartError(f"data directory {data_dir}: {error.strerror}; choose another with --data-dir") from error
        if not (_taken(own) and _taken(for_children, within=_LAST_SECONDS)):
            raise StartError(
                f"data directory {data_dir} is in use by running emulators; stop them or choose another with --data-dir"
            )
        yield for_children.fileno()


def _taken(lock_file: IO[str], within: float = 0.0) -> bool:
    until = time.monotonic() + within
    while True:
        try:
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(_PAUSE)
        else:
            return True
