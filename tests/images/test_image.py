"""What is in the image, and what is not."""

import subprocess
from pathlib import Path

import pytest

from quartet.engine.failures.timeouts import stretched
from quartet.version import __version__
from tests.deployment.compose_file import OURS, ROOT
from tests.images.image import Image
from tests.images.image_stack import ImageStack
from tests.images.stack import CONSOLE, Stack

pytestmark = pytest.mark.timeout(1200)


def test_it_runs_as_a_user_without_a_name(image: Image) -> None:
    """By number, so that a platform can see that it is not root."""
    user, group = image.config["User"].split(":")
    assert int(user) >= 10_000
    assert int(group) >= 10_000


def test_it_gets_its_signals(image: Image) -> None:
    assert image.config["Entrypoint"] == ["python", "-m"]
    assert image.config["StopSignal"] == "SIGTERM"


def test_it_says_what_it_is(image: Image) -> None:
    labels = image.config["Labels"]
    assert labels["org.opencontainers.image.version"] == __version__
    assert labels["org.opencontainers.image.title"] == "Quartet"


@pytest.mark.parametrize("module", ["pip", "setuptools", "hatchling", "pytest", "tests"])
def test_nothing_that_only_builds_or_tests_is_in_it(stack: Stack, module: str) -> None:
    assert isinstance(stack, ImageStack)
    python = stack.container("cli").argv(["python", "-c", f"import {module}"])
    assert f"No module named '{module}'" in _error(python)


@pytest.mark.parametrize(
    "module", ["quartet.console.serving", "services.orchestrator.activities", "durabletask.azuremanaged"]
)
def test_what_a_program_imports_is_in_it(stack: Stack, module: str) -> None:
    """Also what only some of them need."""
    assert isinstance(stack, ImageStack)
    assert _error(stack.container("order").argv(["python", "-c", f"import {module}"])) == ""


def test_it_holds_no_wheels_and_no_caches(image: Image) -> None:
    installed = image.root / "opt" / "quartet"
    assert not [*image.root.glob("root/.cache/*"), *image.root.glob("wheels"), *image.root.glob("build")]
    assert not list(installed.rglob("*.whl"))
    assert not list(installed.rglob("bin/pip*"))


def test_its_byte_code_is_compiled(image: Image) -> None:
    """A container cannot write it, and would compile everything at every start."""
    (packages,) = image.root.glob("opt/quartet/lib/python3.*/site-packages")
    for package in (packages / "quartet", packages / "quartet_emulators", image.root / "app" / "services"):
        sources = list(package.rglob("*.py"))
        assert sources
        assert len(list(package.rglob("*.pyc"))) == len(sources)


def test_it_has_every_file_of_the_console(image: Image) -> None:
    """Also those of the page, which are no modules."""
    (packages,) = image.root.glob("opt/quartet/lib/python3.*/site-packages")
    here, there = (_files(root / "quartet" / "console") for root in (ROOT, packages))
    assert "serving.py" in here
    assert there == here


@pytest.mark.parametrize("path", ["/app/note", "/opt/quartet/note", "/etc/note"])
def test_nothing_can_be_written(stack: Stack, path: str) -> None:
    assert isinstance(stack, ImageStack)
    error = _error(stack.container("order").argv(["python", "-c", f"open({path!r}, 'w')"]))
    assert "Read-only file system" in error


def test_only_the_emulators_and_the_console_may_write_their_data(stack: Stack) -> None:
    assert isinstance(stack, ImageStack)
    for service in (OURS, CONSOLE):
        assert _error(stack.container(service).argv(["python", "-c", "open('/data/note', 'w')"])) == ""


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"}


def _error(argv: list[str]) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=stretched(60)).stderr
