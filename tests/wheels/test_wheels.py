"""What a user has who installs the wheels: `quartet` and `quartet_emulators`, and all that they need to begin."""

import shutil
import sys
import zipfile
from pathlib import Path

from tests.wheels.conftest import ROOT, Shell


def test_the_wheels_hold_two_packages_and_nothing_else(shell: Shell) -> None:
    tops = set()
    for wheel in shell.wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as content:
            tops |= {name.partition("/")[0] for name in content.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"quartet", "quartet_emulators"}


def test_a_project_made_with_the_wheels_alone_works_immediately(shell: Shell) -> None:
    shell.run(sys.executable, "-m", "venv", "outer")
    outer = shell.directory / "outer" / "bin"
    shell.run(str(outer / "pip"), "install", "--quiet", "quartet[local]")
    shell.run(str(outer / "quartet"), "new", "trip")
    assert "12 passed" in shell.run("make", "test", within="trip")
    assert "12 sagas have ended, and every invariant holds." in shell.run("make", "demo", within="trip")

    # mypy, strict, as it checks a user's code: the project, and an example, against the installed packages.
    python = str(shell.directory / "trip" / ".venv" / "bin" / "python")
    shell.run(python, "-m", "mypy", "trip", "tests", within="trip")
    shutil.copytree(ROOT / "examples", shell.directory / "own" / "examples")
    shutil.copy(shell.directory / "trip" / "pyproject.toml", shell.directory / "own")
    said = shell.run(python, "-m", "mypy", "-p", "examples.trip", within="own")
    assert said.startswith("Success: no issues found in ")
    location = shell.run(python, "-c", "import quartet; print(quartet.__file__)", within="own")
    assert Path(location.strip()).is_relative_to(shell.directory / "trip" / ".venv")
