"""What the smoke test needs of a running stack, however it runs."""

import subprocess
from typing import Protocol

SERVICES = ("order", "inventory", "payment", "shipping")
CONSOLE = "console"


class Stack(Protocol):
    """Emulators, a seeded database, the four services and the console, all ready."""

    def cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `quartet` with these arguments, from the image."""

    def page(self, path: str) -> subprocess.CompletedProcess[str]:
        """What the console answers, as a browser on this machine asks it."""

    def stop(self, service: str) -> int:
        """Stop a service as a platform does, with SIGTERM; its exit status."""

    def logs(self) -> str:
        """The last lines of every container, to find out why it failed."""
