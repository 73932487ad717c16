"""Evidence from Docker: the stack of docker-compose.yml, with the emulators that COMPOSE_PROFILES names."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.evidence.report import Report, facts_of
from tests.evidence.runner import ROOT, EvidenceError, Runner, Running
from tests.evidence.shop import HOW, Load, ShopSteps, spread
from tests.evidence.steps import Step

MICROSOFT: Final = "microsoft-emulators"
_EULA: Final = "https://github.com/Azure/azure-event-hubs-emulator-installer/blob/main/EMULATOR_EULA.md"
_OLDEST: Final = (2, 20)
_UP_SECONDS: Final = 1800
_ACT_SECONDS: Final = 300


def read_env_file() -> dict[str, str]:
    """What `.env` sets for docker compose."""
    lines = (ROOT / ".env").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if "=" in line and not line.lstrip().startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


@dataclass(slots=True)
class Compose:
    """See `collecting.Target`."""

    runner: Runner
    load: Load
    chaos: Load
    created: bool = False
    by_hand: str = "docker compose down --volumes --remove-orphans"
    _version: str = ""

    @property
    def profiles(self) -> str:
        """The emulators."""
        return self._setting("COMPOSE_PROFILES")

    def check(self) -> None:
        """See `collecting.Target`."""
        self.runner.check_tools(
            {"docker": "install Docker Engine with Compose, https://docs.docker.com/engine/install/"}
        )
        self._check_licence()
        self._version = self._compose("version", "--short").strip()
        numbers = self._version.removeprefix("v").split(".")[:2]
        if not all(part.isdigit() for part in numbers) or tuple(map(int, numbers)) < _OLDEST:
            raise EvidenceError(f"Docker Compose {self._version} is too old: 2.20.2 or newer is needed")
        if self._compose("ps", "--all", "--quiet").strip():
            raise EvidenceError(
                "the stack exists already, and this would delete its data: run docker compose down first"
            )

    def announcement(self) -> Sequence[str]:
        """See `collecting.Target`."""
        whose = "Microsoft's emulators" if MICROSOFT in self.profiles else "our own emulators"
        return f"""\
This builds the image and starts the stack of docker-compose.yml with {whose}: about 6 GB of memory,
and some GB of images to pull. It places the sample orders, puts loads on the services, restarts, kills and scales
them, audits, and removes containers, volumes and networks. The images stay. It takes half an hour and costs nothing.
If this machine is switched off meanwhile, run: {self.by_hand}""".splitlines()

    def report(self) -> Report:
        """See `collecting.Target`."""
        facts = facts_of({"Docker Compose": self._version}, profiles=self.profiles, load=self.load, chaos=self.chaos)
        how = {**HOW, "use": "not measured: the emulators have no metrics of what the services ask for"}
        return Report("compose", facts, how=how)

    def steps(self, report: Report) -> Sequence[Step]:
        """See `collecting.Target`."""
        shop, running = ShopSteps(self, report), ("stack",)
        return (
            Step("stack", self._start),
            Step("images", lambda: self._name_images(report), running),
            Step("samples", lambda: shop.samples(seed=False), running),
            Step("load", lambda: shop.load(self.load), ("stack", "samples")),
            Step("chaos", lambda: shop.load_with_chaos(self.chaos, self._disturb), ("stack", "samples")),
            Step("audit", shop.audit, running),
            Step("doctor", shop.doctor, running),
            Step("dead letters", shop.dead_letters, running),
        )

    def remove(self) -> None:
        """See `collecting.Target`."""
        self._compose("down", "--volumes", "--remove-orphans", seconds=_UP_SECONDS)
        if self._compose("ps", "--all", "--quiet").strip():
            raise EvidenceError("containers are still there")

    def start_quartet(self, *arguments: str) -> Running:
        """See `shop.Place`."""
        return self.runner.start("docker", "compose", "run", "--rm", "-T", "cli", *arguments)

    def start_load(self, *arguments: str) -> Running:
        """See `shop.Place`. The image has no tests: the container gets them from this checkout."""
        tests = f"{ROOT / 'tests'}:/app/tests:ro"
        container = ("--rm", "-T", "--volume", tests, "--entrypoint", "python", "cli")
        return self.runner.start("docker", "compose", "run", *container, "-m", "tests.evidence.load", *arguments)

    def _start(self) -> None:
        self.created = True
        self._compose("up", "--build", "--detach", "--wait", "--wait-timeout", "900", seconds=_UP_SECONDS)

    def _name_images(self, report: Report) -> None:
        images = self._compose("config", "--images").split()
        report.facts["images"] = ", ".join(sorted(images))

    def _disturb(self, done: dict[str, str]) -> None:
        spread(
            (
                ("restart payment", lambda: self._act("restart", "payment")),
                ("kill inventory", lambda: self._act("kill", "--signal", "SIGKILL", "inventory")),
                ("start inventory", lambda: self._up("inventory")),
                ("scale shipping out to 2 replicas", lambda: self._up("--scale", "shipping=2", "shipping")),
                ("scale shipping in to 1 replica", lambda: self._up("--scale", "shipping=1", "shipping")),
            ),
            self.chaos.seconds,
            done,
        )

    def _up(self, *what: str) -> None:
        self._act("up", "--detach", "--wait", "--no-recreate", *what)

    def _act(self, *what: str) -> None:
        self._compose(*what, seconds=_ACT_SECONDS)

    def _compose(self, *arguments: str, seconds: float = 600) -> str:
        return self.runner.run("docker", "compose", *arguments, seconds=seconds)

    def _check_licence(self) -> None:
        """A licence is accepted by a person, never by this program."""
        if MICROSOFT in self.profiles and self._setting("ACCEPT_EULA") != "Y":
            raise EvidenceError(
                f"Microsoft's Event Hubs emulator starts only if you accept its licence: read {_EULA}, and if you do, "
                "run it again with ACCEPT_EULA=Y; or take ours with COMPOSE_PROFILES=quartet-emulators ACCEPT_EULA=N"
            )

    def _setting(self, name: str) -> str:
        return os.environ.get(name) or read_env_file().get(name, "")
