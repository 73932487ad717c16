"""The examples as a user's code: outside the checkout, type-checked and tested against the wheels."""

import shutil
import site
import subprocess
import sys
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from quartet.engine.failures.timeouts import stretched

ROOT = Path(__file__).parents[2]
SETTINGS = """
[tool.mypy]
strict = true
plugins = ["pydantic.mypy"]
[[tool.mypy.overrides]]
module = "pyarrow.*"
ignore_missing_imports = true
"""
WRONG = """
from examples.trip.booking import Booking, Status
from examples.trip.events import PartBooked, TripRequested
from quartet import Decided, Event, Outcome, on

async def note(event: Event[PartBooked], known: Booking | None, ports: None) -> Outcome[Booking]:
    return Decided(Booking(Status.BOOKED))

REACTION = on(TripRequested, note)
"""


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False, timeout=stretched(240))


def pip(*words: str) -> None:
    done = run(sys.executable, "-m", "pip", "--disable-pip-version-check", *words, cwd=ROOT)
    assert done.returncode == 0, done.stderr


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A directory outside the checkout, with the examples in it, and an environment with the wheels."""

    wheels: list[Path]
    python: Path
    directory: Path

    def mypy(self, *paths: str) -> subprocess.CompletedProcess[str]:
        words = ("-m", "mypy", "--python-executable", str(self.python), "--cache-dir", str(self.directory / "cache"))
        return run(sys.executable, *words, *paths, cwd=self.directory)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Elsewhere:
    """What the wheels need is taken from this environment; they themselves are not."""
    place = tmp_path_factory.mktemp("elsewhere")
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(place / "wheels"), str(ROOT), "./emulators")
    wheels = sorted((place / "wheels").iterdir())
    venv.create(place / "venv", symlinks=True)
    python = place / "venv" / "bin" / "python"
    pip("--python", str(python), "install", "--no-deps", "--no-index", *map(str, wheels))
    (packages,) = (place / "venv" / "lib").glob("python*/site-packages")
    # A directory that a .pth file names is searched, but no .pth file in it: the checkout stays out.
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()), encoding="utf-8")
    directory = place / "project"
    shutil.copytree(ROOT / "examples", directory / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    (directory / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    return Elsewhere(wheels, python, directory)


def test_the_page_of_the_console_is_in_the_wheel_whole(elsewhere: Elsewhere) -> None:
    names = {name for wheel in elsewhere.wheels for name in zipfile.ZipFile(wheel).namelist()}
    files = [path for path in (ROOT / "quartet" / "console" / "page").rglob("*") if path.is_file()]
    assert {str(path.relative_to(ROOT)) for path in files} <= names
    assert sum(name.endswith("/vendor/htm/LICENSE") for name in names) == 2  # beside its files, and in the metadata


def test_both_packages_are_typed(elsewhere: Elsewhere) -> None:
    names = {name for wheel in elsewhere.wheels for name in zipfile.ZipFile(wheel).namelist()}
    assert {"quartet/py.typed", "quartet_emulators/py.typed"} <= names


def test_the_library_is_the_one_in_the_wheel(elsewhere: Elsewhere) -> None:
    done = run(str(elsewhere.python), "-c", "import quartet; print(quartet.__file__)", cwd=elsewhere.directory)
    assert Path(done.stdout.strip()).is_relative_to(elsewhere.python.parents[1])


def test_the_examples_pass_mypy_as_a_users_code_would(elsewhere: Elsewhere) -> None:
    done = elsewhere.mypy("examples")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_handler_of_another_event_does_not(elsewhere: Elsewhere) -> None:
    (elsewhere.directory / "wrong.py").write_text(WRONG, encoding="utf-8")
    done = elsewhere.mypy("wrong.py")
    assert done.returncode == 1
    assert 'Argument 2 to "on" has incompatible type' in done.stdout


def test_the_trip_is_decided_by_the_library_in_the_wheel(elsewhere: Elsewhere) -> None:
    words = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "examples/trip/tests/test_decisions.py")
    done = run(str(elsewhere.python), *words, cwd=elsewhere.directory)
    assert done.returncode == 0, done.stdout + done.stderr
