"""The planted bugs can still be planted; whether they are found is for `make mutants`."""

import shutil
from pathlib import Path

import pytest

from tests.mutants.catalogue import MUTANTS, Mutant

_ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_bug_has_its_place_in_the_source(mutant: Mutant, tmp_path: Path) -> None:
    copy = tmp_path / mutant.file
    copy.parent.mkdir(parents=True)
    shutil.copy(_ROOT / mutant.file, copy)
    mutant.plant(tmp_path)
    compile(copy.read_text(), mutant.file, "exec")
    assert copy.read_text() != (_ROOT / mutant.file).read_text()
