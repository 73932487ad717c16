"""Processes in an image's root file system, set up as Docker would from a service of the compose file.

What is like in a container: the files, the user, no privileges, a read-only root, the mounts, the network's names and
ports. What is not: one network for all instead of one each, and no limits of memory and processors.
"""

import shlex
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from quartet.engine.failures.timeouts import stretched
from tests.deployment.compose_file import ROOT
from tests.images.image import Image

_SECONDS: Final = stretched(300)


class Network:
    """A network of its own with a loopback interface alone, on which the given host names are this machine."""

    def __init__(self, directory: Path, names: Iterable[str]) -> None:
        self.hosts = directory / "hosts"
        self.hosts.write_text(f"127.0.0.1 localhost {' '.join(names)}\n", encoding="utf-8")

    def __enter__(self) -> Self:
        # It lives as long as the process in it, which ends when its standard input does.
        self._holder = subprocess.Popen(
            ["unshare", "--net", "sh", "-euc", "ip link set lo up; echo up; exec cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == b"up\n", "no network of its own can be made here"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._holder.communicate()

    @property
    def enter(self) -> tuple[str, ...]:
        """The command that runs another one in this network."""
        return ("nsenter", f"--net=/proc/{self._holder.pid}/ns/net")


class Container:
    """A service of the compose file on this machine."""

    def __init__(self, image: Image, network: Network, service: Mapping[str, Any], **environment: str) -> None:
        self._image = image
        self._network = network
        self._service = service
        self._environment = environment

    def argv(self, command: Sequence[str]) -> list[str]:
        """The whole command line that runs `command` in the container; each step replaces the one before.

        So the process that is started is the one that gets the signals.
        """
        return [
            *(*self._network.enter, "unshare", "--mount", "sh", "-euc"),
            "\n".join(shlex.join(step) for step in self._mounts())
            + "\nexec "
            + shlex.join(
                [
                    *("chroot", str(self._image.root), "setpriv", "--reuid", self._user, "--regid", self._group),
                    *("--clear-groups", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"),
                    *("env", "--ignore-environment", f"--chdir={self._image.config['WorkingDir']}"),
                    *self._variables(),
                    *command,
                ]
            ),
        ]

    def main(self, *arguments: str) -> list[str]:
        """The command line of the service itself; arguments take the place of its command."""
        entrypoint = self._service.get("entrypoint") or self._image.config["Entrypoint"]
        return self.argv([*entrypoint, *(arguments or self._service.get("command", ()))])

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the service to its end."""
        return _run(self.main(*arguments))

    def is_healthy(self) -> bool:
        """What the service's health check says."""
        kind, *test = self._service["healthcheck"]["test"]
        assert kind == "CMD", "the image is not asked to have a shell"
        return _run(self.argv(test)).returncode == 0

    @property
    def _user(self) -> str:
        return str(self._image.config["User"]).partition(":")[0]

    @property
    def _group(self) -> str:
        return str(self._image.config["User"]).partition(":")[2]

    def _variables(self) -> list[str]:
        own = {**self._service["environment"], **self._environment}
        return [*self._image.config["Env"], *(f"{name}={value}" for name, value in own.items())]

    def _mounts(self) -> Iterable[Sequence[str]]:
        root = str(self._image.root)
        yield "mount", "--bind", root, root
        for name in ("/dev", "/proc"):
            yield "mount", "--rbind", name, self._place(name, directory=True)
        yield "mount", "--bind", str(self._network.hosts), self._place("/etc/hosts")
        for volume in self._service.get("volumes", ()):
            source, target, mode = volume.split(":")
            assert mode == "ro", f"{volume}: a container has no business in the checkout"
            place = self._place(target, directory=(ROOT / source).is_dir())
            yield "mount", "--bind", str(ROOT / source), place
            yield "mount", "-o", "remount,bind,ro", place
        for tmpfs in self._service["tmpfs"]:
            target, _, options = tmpfs.partition(":")
            yield "mount", "-t", "tmpfs", "-o", options, "tmpfs", self._place(target, directory=True)
        assert self._service["read_only"] is True
        yield "mount", "-o", "remount,bind,ro", root

    def _place(self, target: str, *, directory: bool = False) -> str:
        """Where a mount goes, made if the image does not have it, as a container runtime does."""
        place = self._image.root / target.lstrip("/")
        if directory:
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.touch()
        return str(place)


def _run(argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=_SECONDS)
