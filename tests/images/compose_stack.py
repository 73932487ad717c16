"""The stack as people run it: by Docker Compose, with the emulators that `COMPOSE_PROFILES` names."""

import subprocess
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from quartet.engine.failures.timeouts import stretched
from tests.deployment.compose_file import ROOT

_SECONDS = stretched(900)  # images are pulled and built in it


class ComposeStack:
    """A context manager; it takes everything down at its end."""

    def __enter__(self) -> Self:
        started = _compose("up", "--build", "--detach", "--wait", "--wait-timeout", f"{stretched(600):.0f}")
        if started.returncode != 0:
            logs = self.logs()
            _compose("down", "--volumes")
            raise AssertionError(f"{started.stderr[-4000:]}\n{logs}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _compose("down", "--volumes")

    def cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `quartet`."""
        return _compose("run", "--rm", "-T", "cli", *arguments)

    def page(self, path: str) -> subprocess.CompletedProcess[str]:
        """What the console answers on the port that is published."""
        return _run(["curl", "--silent", "--show-error", "--fail", f"http://localhost:8400{path}"])

    def stop(self, service: str) -> int:
        """Send SIGTERM; the exit status."""
        (container,) = self.containers(service)
        _compose("stop", service)
        return int(_run(["docker", "inspect", "--format", "{{.State.ExitCode}}", container]).stdout)

    def scale(self, service: str, replicas: int) -> None:
        """Run this many replicas of a service, and wait until they are healthy."""
        done = _compose("up", "--detach", "--wait", "--no-recreate", "--scale", f"{service}={replicas}", service)
        assert done.returncode == 0, done.stderr

    def containers(self, service: str) -> list[str]:
        """The ids of a service's containers, the stopped ones too."""
        return _compose("ps", "--all", "--quiet", service).stdout.split()

    def logs(self) -> str:
        """The last lines that each container has said."""
        return _compose("logs", "--no-color", "--tail", "60").stdout


def _compose(*arguments: str) -> subprocess.CompletedProcess[str]:
    return _run(["docker", "compose", *arguments])


def _run(argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=_SECONDS, cwd=ROOT)
