"""The copies of other projects' files are those of the locked packages. `make page-vendor-check` asks npm itself."""

from pathlib import Path

import pytest

from tests.console.vendoring.files import FILES, PAGE, ROOT, TESTS, Copied, digest, lock, packages, recorded


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.target)
def test_a_copy_has_the_hash_that_was_written_down(file: Copied) -> None:
    assert digest((ROOT / file.target).read_bytes()) == recorded()["files"][file.target]


def test_the_record_was_written_for_the_packages_that_are_locked_now() -> None:
    assert recorded()["packages"] == packages(lock())


def test_the_record_names_every_copy_and_the_folders_hold_nothing_else() -> None:
    there = {str(path.relative_to(ROOT)) for place in (PAGE, TESTS) for path in place.rglob("*") if path.is_file()}
    assert there == {file.target for file in FILES} == set(recorded()["files"])


def test_the_lock_file_has_a_hash_for_every_package_and_no_address() -> None:
    locked = lock()
    assert all(entry["integrity"].startswith("sha512-") for path, entry in locked["packages"].items() if path)
    assert all("resolved" not in entry for entry in locked["packages"].values())


def test_every_package_has_its_licence_beside_its_files() -> None:
    assert all((ROOT / Path(file.target).parent / "LICENSE").is_file() for file in FILES)
