"""The distribution: a version and a changelog of its own, which Quartet's depend on and do not decide."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version
from quartet_emulators.version import __version__

ROOT = Path(__file__).parents[3]
EMULATORS = ROOT / "emulators"


def test_the_version_is_in_one_place() -> None:
    project = tomllib.loads((EMULATORS / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" not in project["project"]
    assert project["tool"]["hatch"]["version"]["path"] == "quartet_emulators/version.py"


def test_quartet_works_with_this_version_and_with_no_later_one_that_may_break() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (wanted,) = map(Requirement, project["project"]["optional-dependencies"]["local"])
    assert __version__ in wanted.specifier
    version = Version(__version__)
    breaks = f"{version.major + 1}.0.0" if version.major else f"0.{version.minor + 1}.0"
    assert breaks not in wanted.specifier


def test_the_changelog_has_the_version() -> None:
    text = (EMULATORS / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (\S+)", text, re.MULTILINE)
    released = headings[0] == __version__
    assert released or (headings[0] == "Unreleased" and f" {__version__}" in text.partition("## Unreleased")[2])


def test_the_package_reads_nothing_of_quartet_for_its_version() -> None:
    source = (EMULATORS / "quartet_emulators" / "version.py").read_text(encoding="utf-8")
    assert not re.search(r"^(import|from) ", source, re.MULTILINE)
