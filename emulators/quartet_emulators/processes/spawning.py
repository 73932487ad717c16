"""Starting the process of a part."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

# aiohttp reads the certificates of all authorities when it is imported, for clients: an emulator is none.
_NO_ROOTS = {"SSL_CERT_FILE": os.devnull, "SSL_CERT_DIR": os.devnull}
_STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class Spawned:
    """The process of a part, and our end of the socket to it.

    The process dies when our end of its standard input closes.
    """

    name: str
    process: "subprocess.Popen[bytes]"
    end: socket.socket

    def kill(self) -> None:
        """End the process, and release what belongs to it. Does nothing if it has ended."""
        self.process.kill()
        self.process.wait()
        self.end.close()
        if self.process.stdin is not None:
            self.process.stdin.close()


@contextmanager
def spawned(names: Iterable[str], held: int) -> Iterator[list[Spawned]]:
    """The processes of parts, for the length of a block; see `spawn`. None of them outlives it."""
    with ExitStack() as ends:
        processes = []
        for name in names:
            processes.append(spawn(name, held))
            ends.callback(processes[-1].kill)
        yield processes


def spawn(name: str, held: int) -> Spawned:
    """Start the process of a part. It stays in our process group and writes to our standard error.

    Args:
        name: of the part.
        held: a descriptor that the process keeps open as long as it lives.

    Raises:
        OSError: the system has no more processes or descriptors.
    """
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-P", "-m", "quartet_emulators.processes.child", name, str(theirs.fileno())]
    with theirs, _signals_held_back():
        process = subprocess.Popen(  # noqa: S603 -- our own program
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(), held),
            env={**os.environ, "PYTHONPATH": _our_path(), **_NO_ROOTS},
        )
    return Spawned(name, process, ours)


def _our_path() -> str:
    """Where we import from: the child finds the same modules, also if the current directory has others."""
    return os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """A child begins with the signals blocked that it will ignore, so that none ends it before. We get ours later."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
