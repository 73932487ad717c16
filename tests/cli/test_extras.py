"""Without an extra, what needs it says in one line which one it is. Everything else works."""

import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from quartet.engine.failures.timeouts import stretched

ROOT = Path(__file__).parents[2]
NO_EMULATORS = "quartet: quartet-emulators is not installed: pip install 'quartet[local]'\n"
QUARTET = "from quartet.cli.main import main; main()"


def without(package: str, program: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a Python that has not got the package."""
    hidden = f"import sys; sys.modules[{package!r}] = None; {program}"
    return subprocess.run(
        [sys.executable, "-c", hidden, *words], capture_output=True, text=True, timeout=stretched(60), check=False
    )


@pytest.mark.parametrize("words", ["up", "up --fresh", "up --setting A=b", "demo", "emulators", "emulators --help"])
def test_a_command_that_needs_the_emulators_names_their_extra(words: str, tmp_path: Path) -> None:
    options = ("--data-dir", str(tmp_path)) if words.startswith("up") else ()
    done = without("quartet_emulators", QUARTET, *words.split(), *options)
    assert (done.returncode, done.stderr) == (2, NO_EMULATORS)


@pytest.mark.parametrize("package", ["fastapi", "uvicorn", "fastavro"])
def test_the_console_names_its_extra_and_the_help_needs_none(package: str) -> None:
    done = without(package, QUARTET, "console")
    assert (done.returncode, done.stderr) == (
        2,
        f"quartet: {package} is not installed: pip install 'quartet[console]'\n",
    )
    assert without(package, QUARTET, "console", "--help").returncode == 0


@pytest.mark.parametrize("words", ["check", "schema", "--version", "--help", "up --help"])
def test_a_command_that_needs_none_works_without_them(words: str) -> None:
    done = without("quartet_emulators", QUARTET, *words.split())
    assert (done.returncode, done.stderr) == (0, "")


def test_a_project_is_made_without_them(tmp_path: Path) -> None:
    program = f"import os; os.chdir({str(tmp_path)!r}); {QUARTET}"
    assert without("quartet_emulators", program, "new", "knots").returncode == 0
    wanted = (tmp_path / "knots" / "requirements.txt").read_text()
    assert wanted.startswith(f"quartet[local]=={version('quartet')}\n")


@pytest.mark.parametrize(
    ("package", "program", "line"),
    [
        (
            "quartet_emulators",
            "from quartet.testing.plugin import running_emulators; running_emulators(None).__enter__()",
            "quartet.extras.MissingExtraError: quartet-emulators is not installed: pip install 'quartet[local]'",
        ),
        (
            "hypothesis",
            "import quartet.testing.strategies",
            "quartet.extras.MissingExtraError: hypothesis is not installed: pip install 'quartet[testing]'",
        ),
    ],
)
def test_a_tool_of_the_kit_names_its_extra(package: str, program: str, line: str) -> None:
    done = without(package, program)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == line


def test_the_kit_itself_needs_no_extra() -> None:
    program = "import quartet.testing.plugin; from quartet.testing import World, decide, explore, simulate"
    assert without("hypothesis", program).stderr == ""


def test_the_extras_fit_what_is_in_this_checkout() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    wanted = [Requirement(text) for extra in ("console", "local", "testing") for text in declared[extra]]
    assert {one.name for one in wanted} == {
        "fastapi",
        "fastavro",
        "uvicorn",
        "quartet-emulators",
        "hypothesis",
        "pytest",
    }
    assert [one for one in wanted if version(one.name) not in one.specifier] == []
