"""The stack of docker-compose.yml under the profile of our own emulators, run from the image's root file system."""

import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from quartet.engine.failures.timeouts import stretched
from tests.deployment.compose_file import OURS, services
from tests.images.container import Container, Network
from tests.images.image import Image
from tests.images.stack import CONSOLE, SERVICES

_SECONDS_TO_START = stretched(60)
_SECONDS_TO_STOP = stretched(15)


class ImageStack:
    """A context manager; everything in it ends with it."""

    def __init__(self, image: Image, directory: Path) -> None:
        self._directory = directory
        self._services = services()
        emulators = self._services[OURS]
        self._network = Network(directory, emulators["networks"]["default"]["aliases"])
        self._image = image
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self._network)
            stack.callback(self._kill)
            self._start(OURS)
            seeded = self.container("seed").run()
            assert seeded.returncode == 0, seeded.stderr
            for service in (*SERVICES, CONSOLE):
                self._start(service)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def container(self, service: str) -> Container:
        """A container as the compose file describes it, not started."""
        own: dict[str, str] = {}
        if service in SERVICES:  # they share a network here, so each needs a port of its own
            own["HEALTH_PORT"] = str(8090 + SERVICES.index(service))
        return Container(self._image, self._network, self._services[service], **own)

    def cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `quartet`."""
        return self.container("cli").run(*arguments)

    def page(self, path: str) -> subprocess.CompletedProcess[str]:
        """What the console answers. Its port is on the network of the containers alone."""
        script = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=30).read().decode())"
        argv = self.container(CONSOLE).argv(["python", "-c", script, f"http://localhost:8400{path}"])
        return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=_SECONDS_TO_START)

    def stop(self, service: str) -> int:
        """Send SIGTERM; the exit status."""
        process = self._running[service]
        process.terminate()
        return process.wait(_SECONDS_TO_STOP)

    def logs(self) -> str:
        """The last lines that each process has said."""
        return "".join(
            f"--- {file.stem} ---\n{file.read_text(encoding='utf-8')[-3000:]}\n"
            for file in sorted(self._directory.glob("*.log"))
        )

    def _start(self, service: str) -> None:
        """Start a service and wait until it is healthy."""
        container = self.container(service)
        with (self._directory / f"{service}.log").open("wb") as log:
            process = subprocess.Popen(container.main(), stdout=log, stderr=subprocess.STDOUT)
        self._running[service] = process
        deadline = time.monotonic() + _SECONDS_TO_START
        while not container.is_healthy():
            assert process.poll() is None, f"{service} has ended with {process.poll()}\n{self.logs()}"
            assert time.monotonic() < deadline, f"{service} is not healthy\n{self.logs()}"
            time.sleep(0.25)  # asking takes processor time that it needs to get ready

    def _kill(self) -> None:
        for process in self._running.values():
            process.kill()
            process.wait()
