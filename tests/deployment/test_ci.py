"""`.ci/run` begins with nothing that an earlier run or a person has left."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from quartet.engine.failures.timeouts import stretched
from tests.deployment.compose_file import ROOT

# Stands for make: tells what it was asked for, and what it found.
MAKE = """#!/bin/sh
printf '%s\\n' "$*" "factor=$QUARTET_TIMEOUT_FACTOR" "path=$PYTHONPATH" "venv=$VIRTUAL_ENV" > made
ls -A . > found
ls -A "$PIP_CACHE_DIR" > cached
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in which CI has run before, and a person has worked."""
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    for name in (".venv", ".venv-checks", ".venv-docs", ".venv-ci", ".venv-ci-checks", ".venv-ci-docs"):
        (tmp_path / name).mkdir()
    (tmp_path / "bin").mkdir()
    make = tmp_path / "bin" / "make"
    make.write_text(MAKE, encoding="utf-8")
    make.chmod(0o755)
    return tmp_path


def run(checkout: Path, **environment: str) -> list[str]:
    """What make was asked for."""
    clean = {name: value for name, value in os.environ.items() if name != "QUARTET_TIMEOUT_FACTOR"}
    everything = clean | environment | {"PATH": f"{checkout / 'bin'}:{os.environ['PATH']}"}
    subprocess.run(["bash", checkout / ".ci" / "run"], check=True, env=everything, timeout=stretched(30))
    return (checkout / "made").read_text(encoding="utf-8").splitlines()


def test_ci_has_environments_of_its_own_and_a_cache_that_is_empty(checkout: Path) -> None:
    asked, *_ = run(checkout, PIP_CACHE_DIR=str(checkout / "bin"))
    assert asked == "VENV=.venv-ci CHECKS_VENV=.venv-ci-checks DOCS_VENV=.venv-ci-docs check"
    found = set((checkout / "found").read_text(encoding="utf-8").split())
    assert found & {".venv-ci", ".venv-ci-checks", ".venv-ci-docs"} == set()
    assert found >= {".venv", ".venv-checks", ".venv-docs"}
    assert (checkout / "cached").read_text(encoding="utf-8") == ""


def test_ci_does_not_import_what_a_person_has_activated(checkout: Path) -> None:
    assert run(checkout, PYTHONPATH="/elsewhere", VIRTUAL_ENV="/mine")[2:] == ["path=", "venv="]


@pytest.mark.parametrize(("given", "factor"), [({}, "4"), ({"QUARTET_TIMEOUT_FACTOR": "9"}, "9")])
def test_ci_is_patient(checkout: Path, given: dict[str, str], factor: str) -> None:
    assert run(checkout, **given)[1] == f"factor={factor}"


def test_a_run_that_fails_fails(checkout: Path) -> None:
    (checkout / "bin" / "make").write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    with pytest.raises(subprocess.CalledProcessError, match="exit status 3"):
        run(checkout)
