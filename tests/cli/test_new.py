"""`quartet new`: a project that works at once, and overwrites nothing."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from quartet.cli.main import run

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QUARTET_APP")
    return tmp_path


def python(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run this interpreter in the project, with the library of this checkout."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([".", str(ROOT), str(ROOT / "emulators")])}
    return subprocess.run(
        [sys.executable, *words], cwd=directory, env=environment, capture_output=True, text=True, check=False
    )


def test_a_new_project_passes_its_own_tests_and_checks(empty_folder: Path) -> None:
    assert run(["new", "evening_classes"]) == 0
    project = empty_folder / "evening_classes"
    tests = python(project, "-W", "ignore", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist")
    assert tests.returncode == 0, tests.stdout
    assert "12 passed" in tests.stdout
    for words in (("check", "."), ("format", "--check", ".")):
        done = python(project, "-m", "ruff", *words)
        assert done.returncode == 0, done.stdout
    done = python(project, "-c", "from quartet.cli.main import main; main()", "check")
    assert done.stdout == "evening_classes: 2 participants, 6 events, nothing wrong\n"


def test_no_word_of_a_template_is_left(empty_folder: Path) -> None:
    assert run(["new", "knots"]) == 0
    files = [path for path in (empty_folder / "knots").rglob("*") if path.is_file()]
    assert len(files) == 19
    assert [path for path in files if re.search("@[A-Z]+@", path.read_text())] == []


@pytest.mark.parametrize("name", ["Knots", "knots-2", "2knots", "", "kn ots", "../knots", "class", "match"])
def test_what_cannot_name_a_package_is_refused(
    name: str, empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["new", name]) == 1
    assert "cannot name a package" in capsys.readouterr().err
    assert list(empty_folder.iterdir()) == []


def test_a_name_that_would_hide_a_module_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["new", "json"]) == 1
    assert "there is a module json already" in capsys.readouterr().err


def test_nothing_is_overwritten(empty_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (empty_folder / "knots").mkdir()
    (empty_folder / "knots" / "README.md").write_text("mine")
    assert run(["new", "knots"]) == 1
    assert "knots/README.md is there already: nothing was written" in capsys.readouterr().err
    assert [path.name for path in (empty_folder / "knots").iterdir()] == ["README.md"]
    assert (empty_folder / "knots" / "README.md").read_text() == "mine"
