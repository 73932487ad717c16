"""An application as real processes on the emulators, for a test: what `quartet up` runs."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread, Timer
from typing import Final

from quartet.engine.failures.timeouts import stretched
from quartet.testing.child import environment, read_settings, read_until, start, stop

_QUARTET: Final = ("-c", "from quartet.cli.main import main; main()")
_READY: Final = "ready. To join from another shell"
_START_SECONDS: Final = 120
_COMMAND_SECONDS: Final = 120


@dataclass(slots=True)
class RunningApp:
    """A running application.

    Attributes:
        path: its import path.
        data_dir: where the emulators keep their data.
        said: what its processes have written so far, each line with the name of the process in front.
    """

    path: str
    data_dir: Path
    said: list[str] = field(default_factory=list)

    @property
    def settings(self) -> Mapping[str, str]:
        """The settings with which a client joins, by their names: `EVENT_HUBS_CONNECTION_STRING` and so on."""
        return read_settings(self.data_dir / ".env")

    def quartet(self, *words: str, given: str = "") -> str:
        """Run a command of `quartet` on it, such as `publish - --wait`, with `given` as its standard input.

        Returns:
            Its standard output.

        Raises:
            AssertionError: its exit status is not 0; with all that it says.
        """
        done = subprocess.run(  # noqa: S603 -- our own module, by this interpreter
            [sys.executable, *_QUARTET, "--app", self.path, *words],
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=stretched(_COMMAND_SECONDS),
            env={**environment(), **self.settings},
        )
        if done.returncode != 0:
            lines = [f"quartet {' '.join(words)}: exit status {done.returncode}", done.stdout, done.stderr]
            raise AssertionError("\n".join([*lines, *self.said[-40:]]))
        return done.stdout


@contextmanager
def running_app(path: str, data_dir: Path, *flags: str) -> Iterator[RunningApp]:
    """The application at an import path, with its own emulators, for the length of a block; `flags` are those of `up`.

    Raises:
        RuntimeError: it does not start, or not in time; with what its processes say about it.
    """
    app = RunningApp(path, data_dir)
    up = ("up", "--any-ports", "--no-restart", "--data-dir", str(data_dir), *flags)
    process = start(*_QUARTET, "--app", path, *up)
    late = Timer(stretched(_START_SECONDS), process.terminate)
    late.start()
    # A process that writes into a pipe that is not read is blocked.
    rest = Thread(target=read_until, args=(process, lambda _: False, app.said))
    try:
        is_ready = read_until(process, lambda line: _READY in line, app.said)
        late.cancel()
        rest.start()
        if not is_ready:
            raise RuntimeError("\n".join([f"{path} does not start:", *app.said]))
        yield app
    finally:
        late.cancel()
        stop(process)
        if rest.ident is not None:
            rest.join()
        if process.stdout is not None:
            process.stdout.close()
