"""`quartet new`: a project that works immediately, and overwrites nothing."""

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
    monkeypatch.syspath_prepend("")  # as the console script has it
    return tmp_path


@pytest.fixture
def project(empty_folder: Path) -> Path:
    assert run(["new", "evening_classes"]) == 0
    return empty_folder / "evening_classes"


def quartet(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return python(directory, "-c", "from quartet.cli.main import main; main()", *words)


def pytest_in(project: Path) -> subprocess.CompletedProcess[str]:
    return python(project, "-W", "ignore", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist")


def python(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run this interpreter in the project, with the library of this checkout."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([".", str(ROOT), str(ROOT / "emulators")])}
    return subprocess.run(
        [sys.executable, *words], cwd=directory, env=environment, capture_output=True, text=True, check=False
    )


def test_a_new_project_passes_its_own_tests_and_checks(project: Path) -> None:
    tests = pytest_in(project)
    assert tests.returncode == 0, tests.stdout
    assert "12 passed" in tests.stdout
    for words in (("check", "."), ("format", "--check", ".")):
        done = python(project, "-m", "ruff", *words)
        assert done.returncode == 0, done.stdout
    done = quartet(project, "check")
    assert done.stdout == "evening_classes: 2 participants, 6 events, nothing wrong\n"


def test_no_word_of_a_template_is_left(empty_folder: Path) -> None:
    assert run(["new", "knots"]) == 0
    files = [path for path in (empty_folder / "knots").rglob("*") if path.is_file()]
    assert len(files) == 19
    assert [path for path in files if re.search("@[A-Z]+@", path.read_text())] == []


@pytest.mark.parametrize("name", ["Knots", "knots-2", "2knots", "", "kn ots", "../knots", "class", "match"])
def test_a_name_that_a_package_cannot_have_is_refused(
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
    assert "knots/README.md exists: nothing was written" in capsys.readouterr().err
    assert [path.name for path in (empty_folder / "knots").iterdir()] == ["README.md"]
    assert (empty_folder / "knots" / "README.md").read_text() == "mine"


def test_a_new_participant_stands_wherever_it_must(project: Path) -> None:
    done = quartet(project, "new-participant", "rewards")
    assert done.stdout.splitlines() == [
        "made: evening_classes/rewards.py",
        "made: tests/test_rewards.py",
        "changed: evening_classes/app.py",
        "changed: infra/Config.json",
        "changed: docker-compose.yml",
    ]
    tests = pytest_in(project)
    assert "13 passed" in tests.stdout
    for words in (("check", "."), ("format", "--check", ".")):
        assert python(project, "-m", "ruff", *words).returncode == 0
    assert quartet(project, "check").stdout == "evening_classes: 3 participants, 6 events, nothing wrong\n"


@pytest.mark.parametrize("forgotten", ["infra/Config.json", "docker-compose.yml"])
def test_a_list_in_which_a_participant_is_forgotten_fails_the_projects_tests(project: Path, forgotten: str) -> None:
    before = (project / forgotten).read_text()
    assert quartet(project, "new-participant", "rewards").returncode == 0
    (project / forgotten).write_text(before)
    tests = pytest_in(project)
    assert "1 failed, 12 passed" in tests.stdout


def test_a_file_that_cannot_be_changed_is_left_for_a_person_and_named(project: Path) -> None:
    app = project / "evening_classes" / "app.py"
    app.write_text(app.read_text().replace("SERVICES", "PARTS"))
    (project / "docker-compose.yml").unlink()
    done = quartet(project, "new-participant", "rewards")
    assert done.stdout.splitlines()[-2:] == [
        f"left for you: {app}: add rewards.SERVICE to the services",
        "left for you: docker-compose.yml: add a service that runs rewards",
    ]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("seats", "evening_classes has a participant seats already: take another name"),
        ("Re wards", "'Re wards' cannot name a package: take a-z, 0-9 and _, with a letter first, 40 at most"),
        ("bank", "evening_classes/bank.py exists: nothing was written"),
    ],
)
def test_a_participant_that_cannot_be_added_changes_nothing(project: Path, name: str, line: str) -> None:
    before = {path: path.read_text() for path in project.rglob("*.*") if path.is_file() and path.suffix != ".pyc"}
    done = quartet(project, "new-participant", name)
    assert (done.returncode, done.stderr) == (1, f"quartet: {line}\n")
    assert {path: path.read_text() for path in before} == before


def test_a_file_that_cannot_be_written_is_one_line(empty_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (empty_folder / "knots").write_text("a file where the directory should be")
    assert run(["new", "knots"]) == 1
    assert "cannot be written: " in capsys.readouterr().err
