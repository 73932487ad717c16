"""One data directory, one process."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from quartet_emulators.start_error import StartError


@contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """Hold a data directory, which is created if missing. The lock dies with the process, however it dies.

    Raises:
        StartError: another process holds it, or it cannot be written.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock_file = (data_dir / ".lock").open("w")
    except OSError as error:
        raise StartError(f"data directory {data_dir}: {error.strerror}; choose another with --data-dir") from error
    with lock_file:
        try:
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StartError(
                f"data directory {data_dir} is in use by running emulators; stop them or choose another with --data-dir"
            ) from error
        yield
