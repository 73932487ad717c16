"""An image to build on: the Dockerfile's own, or, where no registry can be reached, a Debian with the same Python."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import pytest

from quartet.engine.failures.timeouts import stretched
from tests.deployment.compose_file import ROOT

ASSEMBLED: Final = "localhost/quartet-base:trixie"
_RELEASE: Final = "trixie"
_PACKAGES: Final = "python3-venv,ca-certificates"


def default_base() -> str:
    """What the Dockerfile builds on unless told otherwise."""
    match = re.search(r"^FROM (\S+) AS base$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert match, "the Dockerfile has no stage named base"
    return match[1]


def base_image() -> str:
    """The name of an image that is here now. `BASE_IMAGE` in the environment decides, if set.

    Skips the test if there is none.
    """
    if chosen := os.environ.get("BASE_IMAGE"):
        return chosen
    if _succeeds("buildah", "pull", "--quiet", default_base()):
        return default_base()
    if _succeeds("buildah", "inspect", "--type", "image", ASSEMBLED):
        return ASSEMBLED
    if shutil.which("debootstrap") is None:
        pytest.skip(f"NOT RUN: {default_base()} cannot be pulled, and there is no debootstrap to assemble another one")
    _assemble()
    return ASSEMBLED


def _assemble() -> None:
    container = run("buildah", "from", "scratch").strip()
    try:
        with tempfile.TemporaryDirectory() as directory:
            run("debootstrap", "--variant=minbase", f"--include={_PACKAGES}", _RELEASE, directory)
            shutil.rmtree(Path(directory, "var/cache/apt"))
            run("buildah", "add", "--quiet", container, directory, "/")
        run("buildah", "commit", "--quiet", container, ASSEMBLED)
    finally:
        run("buildah", "rm", container)


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False, timeout=stretched(300)).returncode == 0


def run(*command: str) -> str:
    """What a command says on standard output.

    Raises:
        AssertionError: it failed; has what it said.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=stretched(600))
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout
