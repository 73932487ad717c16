"""The pytest plugin, in the tests of a project of its own."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent / "project.py"
README = Path(__file__).parents[3] / "emulators" / "README.md"
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--asyncio-mode=auto"]


def run(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(PROJECT, directory / "test_project.py")
    return subprocess.run([*PYTEST, *arguments], cwd=directory, capture_output=True, text=True, check=False)


def test_its_fixtures_are_there_without_a_line_of_set_up(tmp_path: Path) -> None:
    done = run(tmp_path, "--fixtures")
    names = ("azure ", "event_hub ", "module_event_hub ", "cosmos_database ", "blob_container ", "azure_faults ")
    assert [name for name in names if f"\n{name}" not in done.stdout] == []


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_the_tests_of_a_project_pass_alone_and_in_parallel(tmp_path: Path, workers: tuple[str, ...]) -> None:
    done = run(tmp_path, *workers)
    assert "5 passed" in done.stdout, done.stdout


def test_the_example_of_the_readme_passes(tmp_path: Path) -> None:
    example = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    (tmp_path / "test_readme.py").write_text(example[1], encoding="utf-8")
    done = subprocess.run([*PYTEST, "test_readme.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 passed" in done.stdout, done.stdout


def test_importing_the_plugin_imports_no_server_and_no_sdk() -> None:
    code = "import sys, quartet_emulators.pytest_plugin; print(sorted({'aiohttp', 'azure', 'grpc'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
