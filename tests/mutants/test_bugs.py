"""The planted bugs can still be planted; whether they are found is for `make mutants`."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutants.bugs import MUTANTS
from tests.mutants.mutant import Mutant

_ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_bug_has_its_place_in_the_source(mutant: Mutant, tmp_path: Path) -> None:
    copy = tmp_path / mutant.file
    copy.parent.mkdir(parents=True)
    shutil.copy(_ROOT / mutant.file, copy)
    mutant.plant(tmp_path)
    compile(copy.read_text(), mutant.file, "exec")
    assert copy.read_text() != (_ROOT / mutant.file).read_text()
    # A bug that calls a name that no longer exists only breaks the program, and no rule.
    names = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821", str(copy)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert names.returncode == 0, names.stdout
