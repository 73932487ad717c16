"""The guide cannot drift: its programs run, its excerpts are excerpts, its commands exist."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from quartet.cli.main import build
from quartet.engine.failures.timeouts import stretched
from quartet.process.application import load_application
from tests.docs.blocks import GUIDE, PAGES, ROOT, blocks, project, write_project

SHOP = load_application("services.shop:SHOP")
PROGRAMS = [page for page in PAGES if any(title.endswith(".py") for title in project(page))]
TESTED = [page for page in PROGRAMS if any(Path(title).name.startswith("test_") for title in project(page))]
MYPY = "[mypy]\nstrict = True\nplugins = pydantic.mypy\nmypy_path = {root}:{root}/emulators:{folder}\n"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    places = (folder, ROOT, ROOT / "emulators")
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, places))},
        capture_output=True,
        text=True,
        timeout=stretched(240),
        check=False,
    )


def name(page: Path) -> str:
    return page.stem


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """mypy reads the library once for all pages."""
    return tmp_path_factory.mktemp("mypy")


@pytest.mark.parametrize("page", PROGRAMS, ids=name)
def test_mypy_accepts_the_programs_of_a_page(page: Path, cache: Path, tmp_path: Path) -> None:
    programs = [path for path in write_project(page, tmp_path) if path.suffix == ".py"]
    (tmp_path / "mypy.ini").write_text(MYPY.format(root=ROOT, folder=tmp_path))
    done = run(tmp_path, "mypy", "--config-file", "mypy.ini", "--cache-dir", str(cache), *map(str, programs))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("page", TESTED, ids=name)
def test_the_tests_of_a_page_pass(page: Path, tmp_path: Path) -> None:
    write_project(page, tmp_path)
    done = run(tmp_path, "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", str(tmp_path), ".")
    assert done.returncode == 0, done.stdout


def test_the_first_application_passes_its_check(tmp_path: Path) -> None:
    write_project(GUIDE / "first-participant.md", tmp_path)
    program = "from quartet.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "check"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=stretched(60),
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_bug_that_a_reader_plants_is_found(tmp_path: Path) -> None:
    write_project(GUIDE / "first-participant.md", tmp_path)
    path = tmp_path / "cloakroom" / "participant.py"
    planted = path.read_text().replace(
        '    if coat is not None:\n        return Ignored(f"already {coat.status}")\n', "", 1
    )
    assert planted != path.read_text()
    path.write_text(planted)
    done = run(tmp_path, "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", str(tmp_path), ".")
    assert done.returncode == 1
    assert "c-1: was collected, and is still here" in done.stdout
    assert "how it came to that:" in done.stdout


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_excerpt_is_in_its_file(page: Path) -> None:
    excerpts = [block for block in blocks(page) if block.is_excerpt]
    assert [block for block in excerpts if block.code not in (ROOT / block.title).read_text()] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_is_checked(page: Path) -> None:
    assert len(blocks(page)) == len(re.findall(r"^```\w", page.read_text(), re.MULTILINE))
    assert [block for block in blocks(page) if not block.title and block.language != "sh"] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_exists(page: Path) -> None:
    shell = "\n".join(block.code for block in blocks(page) if block.language == "sh")
    inline = re.findall(r"`(quartet [a-z][^`]*)`", page.read_text())
    for line in [line for line in shell.splitlines() if line.startswith("quartet ")] + inline:
        command = get_command(build(SHOP))
        options: set[str] = set()
        for word in shlex.split(line, comments=True)[1:]:
            if not word.startswith("-") and (commands := getattr(command, "commands", None)):
                assert word in commands, line
                command = commands[word]
            elif word.startswith("--"):
                options.add(word)
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        assert options <= known, line
