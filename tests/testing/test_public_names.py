"""The public names of `quartet.testing` can be imported, and the package alone loads nothing."""

import subprocess
import sys

import quartet.testing
from quartet.engine.failures.timeouts import stretched


def loaded_by(program: str) -> set[str]:
    """The packages that a program has loaded when it ends."""
    told = "; import sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program + told], capture_output=True, text=True, timeout=stretched(60), check=True
    )
    return set(done.stdout.split())


def test_every_public_name_can_be_imported() -> None:
    for name in quartet.testing.__all__:
        assert getattr(quartet.testing, name) is not None


def test_the_package_alone_loads_neither_the_engine_nor_an_sdk() -> None:
    assert loaded_by("import quartet.testing").isdisjoint({"quartet.engine", "quartet.testing.cluster", "azure"})


def test_a_world_loads_no_sdk() -> None:
    assert loaded_by("from quartet.testing import World, explore, simulate").isdisjoint({"azure", "aiohttp"})


def test_nothing_in_the_test_kit_loads_the_emulators() -> None:
    assert "quartet_emulators" not in loaded_by("from quartet.testing import *")
