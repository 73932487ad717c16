"""The workflows: what they run is pinned, and what they may do is little."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deployment.compose_file import PROFILES, ROOT
from tests.deployment.workflow_files import ACTIONS, WORKFLOWS, commands, jobs, workflow
from tests.locks.extras import PYTHONS

# The only rights beyond reading the checkout, each where it is needed.
RIGHTS = {
    ("release.yml", "build"): {"packages": "write"},
    ("release.yml", "test"): {"packages": "read"},
    ("release.yml", "scan"): {"packages": "read"},
    ("release.yml", "sign"): {"packages": "write", "id-token": "write", "attestations": "write"},
    ("deploy.yml", "preview"): {"packages": "read", "actions": "read", "id-token": "write"},
    ("deploy.yml", "deploy"): {"packages": "read", "id-token": "write"},
    ("evidence.yml", "azure"): {"id-token": "write"},
}


def ids(file: Path) -> str:
    return file.name


def lines(job: dict[str, Any]) -> list[str]:
    return [line.strip() for command in commands(job) for line in command.splitlines()]


@pytest.mark.parametrize("file", [*WORKFLOWS, *ACTIONS], ids=ids)
def test_every_action_is_pinned_to_a_commit_and_says_which_version_it_is(file: Path) -> None:
    used = re.findall(r"uses: (.+)", file.read_text(encoding="utf-8"))
    assert used
    for action in used:
        assert action.startswith("./") or re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)


def test_an_action_has_one_version_in_all_files() -> None:
    versions: dict[str, set[str]] = {}
    for file in (*WORKFLOWS, *ACTIONS):
        for name, version in re.findall(r"uses: ([\w/-]+)@(.+)", file.read_text(encoding="utf-8")):
            versions.setdefault(name, set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_dependabot_looks_at_the_actions_of_this_repository_too() -> None:
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))["updates"]
    (actions,) = [update for update in updates if update["package-ecosystem"] == "github-actions"]
    assert set(actions["directories"]) == {"/", *(f"/{file.parent.relative_to(ROOT)}" for file in ACTIONS)}


@pytest.mark.parametrize("file", WORKFLOWS, ids=ids)
def test_a_job_may_do_only_what_it_says(file: Path) -> None:
    assert workflow(file.name)["permissions"] == {}
    for name, job in jobs(file.name).items():
        assert job["permissions"] == {"contents": "read"} | RIGHTS.get((file.name, name), {})
        assert "timeout-minutes" in job or "uses" in job


def test_every_right_is_of_a_job_that_exists() -> None:
    assert [(file, name) for file, name in RIGHTS if name not in jobs(file)] == []


@pytest.mark.parametrize("file", [*WORKFLOWS, *ACTIONS], ids=ids)
def test_nothing_that_runs_in_a_shell_is_written_by_an_expression(file: Path) -> None:
    """What a person gave, or a name, would be run; it goes through the environment."""
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    for job in document.get("jobs", {"": document.get("runs")}).values():
        assert [command for command in commands(job) if "${{" in command] == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=ids)
def test_what_fails_before_a_pipe_fails(file: Path) -> None:
    """GitHub's default is `bash -e`; only a shell that is named has pipefail too."""
    assert workflow(file.name)["defaults"] == {"run": {"shell": "bash"}}


@pytest.mark.parametrize("file", [*WORKFLOWS, *ACTIONS], ids=ids)
def test_nothing_is_the_latest(file: Path) -> None:
    assert re.findall(r"[\w./-]*[:@-]latest\b", file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=ids)
def test_no_secret_is_used(file: Path) -> None:
    """GitHub's own token, and identities: there is nothing to leak or to renew."""
    assert "secrets." not in file.read_text(encoding="utf-8")


def test_every_python_that_the_project_supports_is_checked() -> None:
    assert jobs("ci.yml")["check"]["strategy"]["matrix"]["python"] == list(PYTHONS)
    assert "bash .ci/run" in lines(jobs("ci.yml")["check"])
    assert float(workflow("ci.yml")["env"]["QUARTET_TIMEOUT_FACTOR"]) > 1


def test_the_compose_stack_is_tested_with_both_kinds_of_emulators() -> None:
    compose = jobs("ci.yml")["compose"]
    assert compose["strategy"]["matrix"]["emulators"] == list(PROFILES)
    assert "make compose-test" in lines(compose)


def test_the_targets_that_the_workflows_run_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    run = [line for file in WORKFLOWS for job in jobs(file.name).values() for line in lines(job) if "make " in line]
    evidence = ("azure-evidence", "compose-evidence")
    assert {line.split()[-1] for line in run} == {"image-test", "compose-test", ".venv/.runtime", *evidence}
    assert "RUNTIME := $(VENV)/.runtime" in makefile
    for target in ("image-test", "compose-test", "$(RUNTIME)", *evidence):
        assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE)


def test_the_changelog_has_a_heading_of_its_own_for_changes_of_the_contracts() -> None:
    releases = re.split(r"^## ", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert releases
    for release in releases:
        assert "### Event contracts" in release
