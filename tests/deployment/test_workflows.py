"""The workflows: what they run is pinned, and what they may do is little."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deployment.compose_file import PROFILES, ROOT
from tests.locks.extras import PYTHONS

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def jobs(name: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / ".github/workflows" / name).read_text())["jobs"]
    return found


def commands(name: str) -> list[str]:
    return [step["run"] for job in jobs(name).values() for step in job.get("steps", ()) if "run" in step]


def ids(file: Path) -> str:
    return file.name


@pytest.mark.parametrize("file", FILES, ids=ids)
def test_every_action_is_pinned_to_a_commit_and_says_which_version_it_is(file: Path) -> None:
    used = re.findall(r"uses: (.+)", file.read_text(encoding="utf-8"))
    assert used
    for action in used:
        assert action.startswith("./") or re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)


@pytest.mark.parametrize("file", FILES, ids=ids)
def test_a_job_may_do_only_what_it_says(file: Path) -> None:
    workflow = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert "permissions" in job
        assert "timeout-minutes" in job or "uses" in job


def test_every_python_that_the_project_supports_is_checked() -> None:
    assert jobs("ci.yml")["check"]["strategy"]["matrix"]["python"] == list(PYTHONS)
    assert "bash .ci/run" in commands("ci.yml")
    assert float(yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["env"]["QUARTET_TIMEOUT_FACTOR"]) > 1


def test_the_compose_stack_is_tested_with_both_kinds_of_emulators() -> None:
    assert jobs("ci.yml")["compose"]["strategy"]["matrix"]["emulators"] == list(PROFILES)
    assert "make compose-test" in commands("ci.yml")


def test_an_image_is_published_only_after_everything_has_passed() -> None:
    release = jobs("release.yml")
    assert release["ci"]["uses"] == "./.github/workflows/ci.yml"
    assert set(release["image"]["needs"]) == {"version", "ci"}


def test_the_targets_that_the_workflows_run_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {command.split()[-1] for command in commands("ci.yml") if "make " in command}
    assert targets == {"image-test", "compose-test"}
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_the_changelog_has_a_heading_of_its_own_for_changes_of_the_contracts() -> None:
    releases = re.split(r"^## ", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert releases
    for release in releases:
        assert "### Event contracts" in release
