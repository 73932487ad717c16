"""Which application a command works for, and what it says where there is none."""

from pathlib import Path

import pytest

from quartet.cli.main import run
from services.shop import SHOP

APPLICATION = """
from quartet import Choreography
from services.shop import SHOP
APP = Choreography("mine", SHOP.events, SHOP.participants, SHOP.ends)
NOTHING = 7
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with an application of its own, which nothing names yet."""
    monkeypatch.delenv("QUARTET_APP")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("quartet.cli.application._current", None)
    (tmp_path / "my_saga.py").write_text(APPLICATION)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    status = run(list(words))
    return status, capsys.readouterr().err


def test_without_an_application_a_command_says_how_to_name_one(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert project.is_dir()
    status, line = said(capsys, "schema")
    assert (status, line.count("\n")) == (2, 1)
    assert line.startswith("quartet: no application: name it as package.module:NAME with --app, in QUARTET_APP, or in")


def test_the_emulators_need_no_application(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert project.is_dir()
    assert run(["emulators", "--help"]) == 0
    assert "--event-hubs-port" in capsys.readouterr().out


@pytest.mark.parametrize("way", ["option", "option with =", "variable", "pyproject", "pyproject above"])
def test_it_can_be_named_in_every_way(
    way: str, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = {"option": ["--app", "my_saga:APP"], "option with =": ["--app=my_saga:APP"]}.get(way, [])
    if way == "variable":
        monkeypatch.setenv("QUARTET_APP", "my_saga:APP")
    if way.startswith("pyproject"):
        (project / "pyproject.toml").write_text('[tool.quartet]\napp = "my_saga:APP"\n')
    if way == "pyproject above":
        (project / "deeper").mkdir()
        monkeypatch.chdir(project / "deeper")
    assert said(capsys, *words, "up") == (
        2,
        "quartet: application mine has no services: it can be tested, but not run\n",
    )


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("my_saga", "application 'my_saga': name it as package.module:NAME"),
        ("no_such_module:APP", "application no_such_module:APP cannot be loaded: ModuleNotFoundError"),
        ("my_saga:ABSENT", "application my_saga:ABSENT cannot be loaded: AttributeError"),
        ("my_saga:NOTHING", "application my_saga:NOTHING: it is a int, not a Choreography"),
    ],
)
def test_an_object_that_is_not_an_application_is_named(
    name: str, problem: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert project.is_dir()
    status, line = said(capsys, "--app", name, "schema")
    assert (status, line.count("\n")) == (2, 1)
    assert line.startswith(f"quartet: {problem}")


def test_the_commands_of_an_application_are_its_own(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert project.is_dir()
    assert said(capsys, "--app", "my_saga:APP", "audit")[0] == 2
    assert run(["--app", "services.shop:SHOP", "audit", "--help"]) == 0
    assert set(SHOP.commands) == {"demo", "seed", "publish", "cancel", "status", "audit"}


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["new", "knots"]])
def test_a_broken_application_does_not_affect_commands_without_one(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUARTET_APP", "no.such:APP")
    assert run(arguments) == 0
    assert run(["check"]) == 2
    assert "no.such:APP cannot be loaded" in capsys.readouterr().err
