"""What a lock file may hold, and that ours hold nothing else. `make lock-check` asks pip itself."""

import re
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.utils import canonicalize_name

from tests.locks.extras import PYTHONS, stripped_extras
from tests.locks.lock_file import DIRECTORY, LockError, problems, read_lock

LOCKS = sorted(DIRECTORY.glob("*.txt"))
HASH = f"--hash=sha256:{'0' * 64}"


def name_of(path: Path) -> str:
    return path.name


def installed() -> dict[str, list[str]]:
    """What every package of this environment wants."""
    found: list[Distribution] = list(distributions())
    return {canonicalize_name(one.metadata["Name"]): one.requires or [] for one in found}


@pytest.mark.parametrize("path", LOCKS, ids=name_of)
def test_a_lock_file_depends_on_nothing_but_the_index_that_the_machine_is_set_to(path: Path) -> None:
    assert problems(read_lock(path.read_text(encoding="utf-8"))) == []
    assert "://" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["runtime.txt", "dev.txt"])
def test_the_lock_files_name_every_extra_that_their_packages_want(name: str) -> None:
    lock = read_lock((DIRECTORY / name).read_text(encoding="utf-8"))
    assert {entry.name for entry in lock} & installed().keys()
    assert stripped_extras(lock, installed()) == []


def test_an_extra_that_was_stripped_is_found_also_while_the_locked_release_is_the_newest() -> None:
    text = (DIRECTORY / "dev.txt").read_text(encoding="utf-8").replace("coverage[toml]==", "coverage==")
    found = stripped_extras(read_lock(text), installed())
    assert found == ["pytest-cov wants coverage[toml], and the lock has no extra"]


@pytest.mark.parametrize(
    ("wants", "is_missing"),
    [
        ("b[x]>=1", True),
        ('b[x]>=1 ; python_version >= "3.13"', True),
        ('b[x]>=1 ; sys_platform == "win32"', True),
        ('b[x]>=1 ; python_version < "3.11"', False),
        ('b[x]>=1 ; extra == "chosen"', True),
        ('b[x]>=1 ; extra == "other"', False),
        ("b[y]>=1", False),
        ("b>=1", False),
    ],
)
def test_an_extra_is_wanted_wherever_a_supported_python_runs(wants: str, is_missing: bool) -> None:
    lock = read_lock(f"a[chosen]==1 {HASH}\nb[y]==1 {HASH}")
    assert bool(stripped_extras(lock, {"a": [wants]})) is is_missing


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (f"a==1 \\\n    {HASH}", None),
        (f"a[x]==1 ; python_version < '3.12' \\\n    {HASH} \\\n    {HASH}", None),
        (f"# made by hand\na==1 {HASH}  # why", None),
        ("", "it has no entry"),
        ("a==1", "line 1: a: has no sha256 hash"),
        (f"\nb==1 {HASH}\na==1 \\\n    --hash=md5:0123", "line 3: a: has no sha256 hash"),
        (f"a>=1 {HASH}", "line 1: a: is not pinned to one version"),
        (f"a==1.* {HASH}", "line 1: a: is not pinned to one version"),
        (f"a {HASH}", "line 1: a: is not pinned to one version"),
        (f"a @ https://example.com/a.whl {HASH}", "line 1: a: comes from an address"),
        (f"a==1 {HASH} --config-settings=x", "line 1: a: --config-settings=x does not belong there"),
        (f"--index-url https://example.com\na==1 {HASH}", "line 1: a lock file has no options"),
        (f"-i https://example.com\na==1 {HASH}", "line 1: a lock file has no options"),
        (f"--extra-index-url=https://example.com\na==1 {HASH}", "line 1: a lock file has no options"),
        (f"a==1 {HASH}\n--find-links /wheels", "line 2: a lock file has no options"),
        (f"-r other.txt\na==1 {HASH}", "line 1: a lock file has no options"),
        (f"-e .\na==1 {HASH}", "line 1: a lock file has no options"),
        (f"./a.whl {HASH}", "line 1: not a requirement"),
    ],
)
def test_a_line_that_depends_on_something_else_is_refused(text: str, wrong: str | None) -> None:
    try:
        found = problems(read_lock(text))
    except LockError as error:
        found = [str(error)]
    assert found[:1] == [] if wrong is None else found[0].startswith(wrong)


def test_every_supported_python_has_the_oldest_pip_that_it_brings() -> None:
    lock = read_lock((DIRECTORY / "pip-oldest.txt").read_text(encoding="utf-8"))
    chosen = {
        python: [str(entry.requirement.specifier) for entry in lock if is_for(entry.requirement.marker, python)]
        for python in PYTHONS
    }
    assert chosen == {"3.11": ["==22.3"], "3.12": ["==23.2.1"], "3.13": ["==24.2"], "3.14": ["==25.2"]}


def is_for(marker: Marker | None, python: str) -> bool:
    return marker is None or marker.evaluate({"python_version": python, "python_full_version": f"{python}.0"})


def test_every_lock_file_is_compiled_by_make_lock_with_its_extras_and_without_an_index() -> None:
    makefile = (DIRECTORY.parent / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(r"^lock:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert recipe is not None
    for path in LOCKS:
        assert f"requirements/{path.name}" in recipe[1]
