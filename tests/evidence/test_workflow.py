"""The workflow removes what it has created, also when it is cancelled; the documents name what there is."""

import json
import re
from typing import Any

import yaml

from tests.deployment.compose_file import ROOT
from tests.evidence.compose import read_env_file
from tests.evidence.scenarios import GROUP

WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/evidence.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = WORKFLOW["jobs"]["azure"]["steps"]
PAGE = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")


def position(words: str) -> list[int]:
    return [number for number, step in enumerate(STEPS) if words in f"{step.get('run')} {step.get('uses')}"]


def test_after_the_run_it_logs_in_again_and_deletes_the_group_in_any_case() -> None:
    (run,) = position("make azure-evidence")
    first, second = position("azure/login@")
    (removal,) = position("az group delete")
    assert first < run < second < removal
    assert STEPS[second]["if"] == STEPS[removal]["if"] == "always()"
    environment = WORKFLOW["jobs"]["azure"]["env"]
    assert f"--name {environment['NAME']} " in environment["ARGS"]
    assert 'az group delete --name "rg-$NAME" --yes' in STEPS[removal]["run"]
    assert WORKFLOW["concurrency"]["cancel-in-progress"] is False


def test_a_name_of_the_workflow_is_one_that_azure_takes() -> None:
    """A run's id has eleven digits in 2026."""
    longest = WORKFLOW["jobs"]["azure"]["env"]["NAME"].replace("${{ github.run_id }}", "9" * 13)
    assert len(longest) <= 18


def test_it_starts_by_hand_alone() -> None:
    triggers = WORKFLOW[True]  # YAML 1.1 reads `on` as true
    assert set(triggers) == {"workflow_dispatch"}


def test_no_job_accepts_the_licence() -> None:
    text = (ROOT / ".github/workflows/evidence.yml").read_text(encoding="utf-8")
    assert re.findall(r"ACCEPT_EULA: (.*)", text) == ["${{ vars.ACCEPT_EULA || 'N' }}"]
    assert "ACCEPT_EULA" not in read_env_file()


def test_the_page_says_that_nothing_was_run_and_names_the_variables() -> None:
    assert "has not been run" in PAGE
    for name in set(re.findall(r"vars\.(\w+)", str(WORKFLOW))):
        assert f"`{name}`" in PAGE, name
    assert "az group delete" in PAGE
    assert "rg-NAME" in PAGE


def test_the_targets_of_the_workflow_and_of_the_page_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("azure-evidence", "compose-evidence"):
        assert re.search(rf"^{target}: .*## ", makefile, re.MULTILINE)
        assert target in re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1]  # type: ignore[index]  # it is there
        assert f"make {target}" in PAGE


def test_the_resource_group_is_the_one_of_the_deployment() -> None:
    main = (ROOT / "infra" / "main.bicep").read_text(encoding="utf-8")
    assert "name: '${abbreviations.resourceGroup}${environmentName}'" in main
    prefix = json.loads((ROOT / "infra" / "abbreviations.json").read_text(encoding="utf-8"))["resourceGroup"]
    assert f"{prefix}qev-test" == GROUP
