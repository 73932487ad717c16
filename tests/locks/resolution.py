"""Resolving a lock file with a certain pip, in an environment that is made for it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name

# The machine says where its index is and how to get there. Nothing else that it says to pip may change the answer.
_WAY_TO_THE_INDEX: Final = (
    *("PIP_CONFIG_FILE", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_PROXY"),
    *("PIP_CERT", "PIP_CLIENT_CERT", "PIP_TRUSTED_HOST", "PIP_KEYRING_PROVIDER", "PIP_TIMEOUT", "PIP_DEFAULT_TIMEOUT"),
)
_OURS: Final = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}


class ResolutionError(Exception):
    """pip has refused; the words are its own."""


@dataclass(frozen=True, slots=True)
class Pip:
    """A pip of one version, in an environment of its own.

    Attributes:
        python: the environment's interpreter.
        version: of pip.
    """

    python: Path
    version: str

    def resolve(self, lock: Path, report: Path) -> Mapping[str, Sequence[str]]:
        """What every package that the lock file brings wants in turn, by canonical name.

        Nothing is installed, nothing is taken from a cache, and nothing would be built from source: what builds it
        is in no lock file.

        Raises:
            ResolutionError: pip refuses the lock file.
        """
        _run(
            *(self.python, "-m", "pip", "install", "--quiet", "--no-cache-dir", "--dry-run", "--ignore-installed"),
            *("--only-binary", ":all:", "--require-hashes", "--report", report, "--requirement", lock),
        )
        installs = json.loads(report.read_text(encoding="utf-8"))["install"]
        found = [one["metadata"] for one in installs]
        return {canonicalize_name(one["name"]): one.get("requires_dist", []) for one in found}


def make_pip(lock: Path, directory: Path) -> Pip:
    """A new environment with the pip of a lock file.

    Raises:
        ResolutionError: this pip cannot be installed, or does not run.
    """
    _run(sys.executable, "-m", "venv", directory)
    python = directory / "bin" / "python"
    _run(python, "-m", "pip", "install", "--quiet", "--require-hashes", "--requirement", lock)
    return Pip(python, _run(python, "-m", "pip", "--version").split()[1])


def _run(*command: str | Path) -> str:
    kept = {name: text for name, text in os.environ.items() if name[:4] != "PIP_" or name in _WAY_TO_THE_INDEX}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=kept | _OURS)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if not line.startswith("WARNING")]
        raise ResolutionError("\n".join(errors) or f"exit status {done.returncode}")
    return done.stdout
