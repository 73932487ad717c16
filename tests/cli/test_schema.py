"""`quartet schema`: the documents it writes, and the gate in a project of a user under git."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from quartet.cli import application
from quartet.cli.failures import FAILED, MISUSED
from quartet.cli.main import run
from quartet.engine.failures.timeouts import stretched
from quartet.process.application import Application
from services.shop import SHOP

EVENTS = """
from typing import ClassVar
from quartet import Choreography, EventData, Registry, SagaId
from quartet.events import OUTSIDE, Text

class Handed(EventData):
    type: ClassVar[str] = "Handed.v1"
    said_by: ClassVar[tuple[str, ...]] = (OUTSIDE,)
    coat_id: SagaId
    owner: Text

APP = Choreography(name="cloakroom", events=Registry(Handed))
"""


@pytest.fixture(autouse=True)
def no_application() -> Iterator[None]:
    application.use(Application("services.shop:SHOP", SHOP))
    yield
    application.use(None)


class Project:
    """A project with one event, under git."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "pyproject.toml").write_text('[tool.quartet]\napp = "coats:APP"\n')
        self.write(EVENTS)
        self.git("init", "--quiet")

    def write(self, text: str) -> None:
        (self.folder / "coats.py").write_text(text)

    def git(self, *arguments: str) -> None:
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *who, *arguments], cwd=self.folder, check=True, capture_output=True)

    def release(self, tag: str) -> None:
        assert self.quartet("schema", "--save")[0] == 0
        self.git("add", "-A")
        self.git("commit", "--quiet", "-m", tag)
        self.git("tag", tag)

    def quartet(self, *arguments: str) -> tuple[int, str, str]:
        """A process of its own: a user's module is imported once a process."""
        code = "import sys; from quartet.cli.main import run; sys.exit(run(sys.argv[1:]))"
        done = subprocess.run(
            [sys.executable, "-B", "-c", code, *arguments],
            cwd=self.folder,
            env={name: value for name, value in os.environ.items() if name != "QUARTET_APP"},
            capture_output=True,
            text=True,
            timeout=stretched(60),
            check=False,
        )
        return done.returncode, done.stdout, done.stderr.strip()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_released_event_that_still_holds_passes_and_a_changed_one_does_not(project: Project) -> None:
    project.release("v1.0")
    project.write(EVENTS.replace("owner: Text", 'owner: Text\n    note: Text = "none"'))
    assert project.quartet("schema", "--save")[0] == 0
    status, out, _ = project.quartet("schema", "--check", "v1.0")
    assert (status, out) == (0, "cloakroom: 1 events of v1.0:cloakroom.json still hold, 0 are new\n")

    project.write(EVENTS.replace("owner: Text", "holder: Text"))
    status, out, error = project.quartet("schema", "--check", "v1.0")
    assert (status, error) == (FAILED, "")
    assert [line.partition(".")[0] for line in out.splitlines()] == ["Handed"] * 2
    assert out.startswith("Handed.v1 owner: the field is gone. Breaks old readers")
    assert "make Handed.v2 with an upcast" in out


def test_the_file_must_be_that_of_the_code(project: Project) -> None:
    project.release("v1.0")
    project.write(EVENTS.replace("owner: Text", "owner: Text\n    note: Text | None = None"))
    status, _, error = project.quartet("schema", "--check", "v1.0")
    assert status == FAILED
    assert "is not what the code says, and the next release would be compared with it: run quartet schema" in error
    (project.folder / "contracts" / "cloakroom.json").unlink()
    assert "is missing, so the next release" in project.quartet("schema", "--check", "v1.0")[2]


@pytest.fixture
def released(project: Project) -> Project:
    """The shop's contracts in a project of their own, with a release from before they were kept."""
    project.git("commit", "--quiet", "--allow-empty", "-m", "before")
    project.git("tag", "v0.9")
    assert run(["schema", "--save", "--contracts", str(project.folder / "contracts" / "shop.json")]) == 0
    project.git("add", "-A")
    project.git("commit", "--quiet", "-m", "release")
    project.git("tag", "v1.0")
    return project


def check(project: Project, ref: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    capsys.readouterr()
    status = run(["schema", f"--check={ref}", "--contracts", str(project.folder / "contracts" / "shop.json")])
    return status, *capsys.readouterr()


def test_a_revision_without_contracts_is_an_error_and_never_an_all_clear(
    released: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(released, "v1.0", capsys)[:2] == (0, "shop: 15 events of v1.0:shop.json still hold, 0 are new\n")
    for ref in ("v9", "", "--all", "v1.0^9", "HEAD:coats.py"):
        status, out, error = check(released, ref, capsys)
        assert (status, out) == (FAILED, ""), ref
        assert "no git revision" in error
        assert error.count("\n") == 1
    status, out, error = check(released, "v0.9", capsys)
    assert (status, out) == (FAILED, "")
    assert "v0.9 has no" in error
    assert "there is nothing to compare with" in error


def test_a_folder_without_git_is_an_error(released: Project, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(released.folder / ".git")
    status, out, error = check(released, "v1.0", capsys)
    assert (status, out) == (FAILED, "")
    assert "no git revision here: fatal: not a git repository" in error


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "cannot be read"),
        ('{"contracts": 7}', "this release of Quartet reads form 1"),
        ('{"contracts": 1, "application": "shop", "attributes": {}, "events": {"A.v1": {}}}', "is not complete"),
        ('{"contracts": 1, "application": "trip", "attributes": {}, "events": {}}', "the contracts of trip"),
        ('{"contracts": 1, "application": "shop", "attributes": {}, "events": {}}', "nothing to compare with"),
    ],
)
def test_a_file_that_cannot_be_compared_is_an_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, problem: str
) -> None:
    (tmp_path / "base.json").write_text(text)
    assert run(["schema", "--against", str(tmp_path / "base.json")]) == FAILED
    out, error = capsys.readouterr()
    assert out == ""
    assert problem in error


def test_an_event_is_retired_by_name(project: Project) -> None:
    project.write(EVENTS.replace("Registry(Handed)", "Registry(Handed, Gone)").replace("APP =", GONE + "APP ="))
    project.release("v1.0")
    project.write(EVENTS)
    project.quartet("schema", "--save")
    status, out, _ = project.quartet("schema", "--check", "v1.0")
    assert status == FAILED
    assert out.startswith("Gone.v1: the event is gone. Breaks old events")
    assert project.quartet("schema", "--check", "v1.0", "--retired", "Gone.v1")[0] == 0
    assert "has no such event" in project.quartet("schema", "--check", "v1.0", "--retired", "Gine.v1")[2]


GONE = 'class Gone(Handed):\n    type: ClassVar[str] = "Gone.v1"\n\n'


def test_options_that_do_different_things_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "--save", "--check", "HEAD"]) == MISUSED
    assert "give one of them" in capsys.readouterr().err


def test_asyncapi_is_written_to_standard_output_and_beside_the_schemas(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["schema", "--format", "asyncapi"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["asyncapi"] == "3.0.0"
    assert list(document["channels"]) == ["saga-events"]
    assert run(["schema", "--out", str(tmp_path)]) == 0
    assert json.loads((tmp_path / "asyncapi.json").read_text()) == document
    assert len(list(tmp_path.glob("*.json"))) == 1 + 2 * len(SHOP.events)
    monkeypatch.setenv("HUB_LAYOUT", "inbound")
    capsys.readouterr()
    assert run(["schema", "--format", "asyncapi"]) == 0
    assert list(json.loads(capsys.readouterr().out)["channels"]) == ["saga-events", "orders"]
    monkeypatch.setenv("HUB_LAYOUT", "islands")
    assert run(["schema", "--format", "asyncapi"]) == FAILED
    assert "HUB_LAYOUT=islands" in capsys.readouterr().err
