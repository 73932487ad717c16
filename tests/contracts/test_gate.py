"""Which contracts `make check` compares with, and that the kept ones are those of the code."""

import json
import subprocess
from pathlib import Path

import pytest

from quartet.contracts.comparing import breaking_changes
from quartet.contracts.document import contracts_of, read_contracts
from services.shop import SHOP
from tests.contracts.gate import BASE, ROOT, arguments, last_release


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "-m", "one")
    return tmp_path


def test_the_last_release_counts_and_a_release_is_compared_with_the_one_before(repository: Path) -> None:
    assert last_release(repository) is None
    git(repository, "tag", "nightly")
    assert arguments(repository, BASE) == ["schema", "--against", str(BASE)], "it is never skipped"
    git(repository, "tag", "v1.0.0")
    assert last_release(repository) is None, "the first release has none before it"
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "two")
    assert arguments(repository, BASE) == ["schema", "--check", "v1.0.0"]
    git(repository, "tag", "v1.1.0")
    assert last_release(repository) == "v1.0.0"


def test_a_folder_that_is_no_repository_is_compared_with_the_base(tmp_path: Path) -> None:
    assert arguments(tmp_path, BASE) == ["schema", "--against", str(BASE)]


def test_the_kept_contracts_are_those_of_the_code() -> None:
    kept = (ROOT / "contracts" / "shop.json").read_text()
    assert kept == contracts_of(SHOP).to_text(), "run quartet schema --save"


def test_the_contracts_of_the_base_still_hold() -> None:
    base = read_contracts(BASE.read_text())
    assert len(base.events) == 15
    assert breaking_changes(base, contracts_of(SHOP)) == ()


def test_the_lock_file_of_the_parser_has_hashes_and_no_addresses() -> None:
    text = (ROOT / "tests" / "contracts" / "asyncapi" / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    assert all(one["integrity"].startswith("sha512-") for name, one in packages.items() if name)
    assert '"resolved"' not in text
