"""The browser: Debian's Chromium, or another one of its family that the machine has. Nothing is downloaded."""

import os
import shutil
from typing import Final

import pytest

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING: Final = "Chromium is missing: apt-get install chromium (or name it in CHROMIUM)"


def chromium() -> str:
    """Its path. Without one, a test is skipped; where `CI` is set, it fails."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is not None:
        return found
    if os.environ.get("CI"):
        pytest.fail(MISSING)
    pytest.skip(f"NOT RUN: {MISSING}")


def arguments() -> list[str]:
    """Chromium's sandbox does not work for root, and shared memory is small in a container."""
    no_sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return [*no_sandbox, "--disable-dev-shm-usage", "--force-color-profile=srgb"]
