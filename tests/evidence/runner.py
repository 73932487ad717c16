"""Running the programs of others, one at a time or beside each other. Nothing else here starts a process."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from quartet.engine.failures.timeouts import stretched

ROOT: Final = Path(__file__).parents[2]
_GRACE_SECONDS: Final = 10
_LONGEST: Final = 300


class EvidenceError(Exception):
    """A step has failed. The message is one line that says what, and what to do if that is known."""


@dataclass(slots=True)
class Running:
    """A program that runs beside the next steps."""

    argv: Sequence[str]
    process: subprocess.Popen[str]
    errors: IO[str]

    def result(self, seconds: float, *, accepted: Collection[int] = (0,)) -> str:
        """What it has written, once it has ended.

        Args:
            seconds: how long it may run.
            accepted: the exit statuses that are no failure.

        Raises:
            EvidenceError: it has failed, or it runs for longer.
        """
        try:
            out, _ = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as late:
            self.stop()
            raise EvidenceError(f"{_shown(self.argv)}: has not ended after {seconds:.0f} s") from late
        except BaseException:
            self.stop()
            raise
        if self.process.returncode not in accepted:
            self.errors.seek(0)
            why = _last_line(self.errors.read()) or _last_line(out) or "it has written nothing"
            raise EvidenceError(f"{_shown(self.argv)}: status {self.process.returncode}: {why}")
        return out

    def stop(self) -> None:
        """End it, with the programs that it has started."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is not None:
                return
            os.killpg(self.process.pid, number)
            try:
                self.process.wait(stretched(_GRACE_SECONDS))
            except subprocess.TimeoutExpired:
                continue


@dataclass(slots=True)
class Runner:
    """Runs programs that are on the path.

    Attributes:
        logs: a directory with what each has written.
    """

    logs: Path
    _started: list[Running] = field(default_factory=list)

    def check_tools(self, tools: Mapping[str, str]) -> None:
        """Check that programs are on the path, given with where to get each.

        Raises:
            EvidenceError: one is missing.
        """
        for name, where in tools.items():
            if shutil.which(name) is None:
                raise EvidenceError(f"{name} is not on the PATH: {where}")

    def run(self, *argv: str, seconds: float = 600, environment: Mapping[str, str] | None = None) -> str:
        """Run a program to its end, and return its standard output. Raises as `Running.result` does."""
        return self.start(*argv, environment=environment).result(seconds)

    def run_json(self, *argv: str, seconds: float = 600) -> Any:  # noqa: ANN401 -- JSON
        """The same for a program that writes JSON.

        Raises:
            EvidenceError: it has failed, or wrote something else.
        """
        return parsed(argv, self.run(*argv, seconds=seconds))

    def start(self, *argv: str, environment: Mapping[str, str] | None = None) -> Running:
        """Start a program.

        It is in a session of its own: Ctrl-C reaches us alone, and we end it.
        """
        errors = self._log(argv)
        process = subprocess.Popen(
            argv,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
        running = Running(argv, process, errors)
        self._started.append(running)
        return running

    def stop_all(self) -> None:
        """End what still runs."""
        for running in self._started:
            running.stop()
            running.errors.close()
        self._started.clear()

    def _log(self, argv: Sequence[str]) -> IO[str]:
        self.logs.mkdir(parents=True, exist_ok=True)
        name = "-".join(part for part in argv[:3] if part.isalnum())
        number = len(list(self.logs.iterdir())) + 1
        return (self.logs / f"{number:03d}-{name}.log").open("w+", encoding="utf-8")


def parsed(argv: Sequence[str], out: str) -> Any:  # noqa: ANN401 -- JSON
    """The JSON that a program has written.

    Raises:
        EvidenceError: it is none.
    """
    try:
        return json.loads(out)
    except ValueError as error:
        raise EvidenceError(f"{_shown(argv)}: has not written JSON: {_last_line(out)!r}") from error


def wait_until_passed(attempt: Callable[[], object], seconds: float, pause: float) -> None:
    """Attempt something until it does not fail, or this many seconds have passed.

    Raises:
        EvidenceError: the last failure.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            attempt()
        except EvidenceError:
            if time.monotonic() >= end:
                raise
        else:
            return
        time.sleep(pause)


def _shown(argv: Sequence[str]) -> str:
    return " ".join(argv)[:_LONGEST]


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:_LONGEST] if lines else ""
