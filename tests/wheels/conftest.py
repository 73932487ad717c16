"""The two wheels of this checkout, and an environment that has nothing else of ours."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from quartet.engine.failures.timeouts import stretched

ROOT = Path(__file__).parents[2]
_LONGEST_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs programs as a user would who has the wheels, and no checkout.

    Attributes:
        directory: an empty folder.
        wheels: where the wheels are.
        environment: the variables of the programs.
    """

    directory: Path
    wheels: Path
    environment: Mapping[str, str]

    def run(self, *words: str, within: str = ".") -> str:
        """Standard output of a program that must succeed."""
        done = subprocess.run(
            words,
            cwd=self.directory / within,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
            timeout=stretched(_LONGEST_SECONDS),
        )
        assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="session")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    if os.environ.get("QUARTET_WHEELS") != "1":
        pytest.skip("run by `make wheel-test`, not by `make test`")
    directory, wheels = tmp_path_factory.mktemp("empty"), tmp_path_factory.mktemp("wheels")
    constraints = wheels / "constraints.txt"
    constraints.write_text("\n".join(_locked(("runtime.txt", "dev.txt"))) + "\n")
    # The versions are the locked ones, so that a release of another project breaks nothing here.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "QUARTET_APP"))}
    environment |= {"PIP_FIND_LINKS": str(wheels), "PIP_CONSTRAINT": str(constraints), "PYTHON": sys.executable}
    made = Shell(directory, wheels, environment)
    for source in (ROOT, ROOT / "emulators"):
        made.run(
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
            *("--wheel-dir", str(wheels), str(source)),
        )
    return made


def _locked(names: Sequence[str]) -> list[str]:
    lines = [line for name in names for line in (ROOT / "requirements" / name).read_text().splitlines()]
    pinned = {line.removesuffix("\\").strip() for line in lines if line and line[0] not in " #"}
    return sorted(re.sub(r"\[.*?\]", "", line) for line in pinned)  # a constraint has no extras
