"""The workflow Deploy, run with stand-ins for az, gh, make and quartet: what was given is what is deployed."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from infra.pipeline import SERVICES
from tests.deployment.workflow_files import jobs
from tests.deployment.workflow_runner import Runner
from tests.infra.bicep import parsed

DIGEST = "sha256:" + "0123456789abcdef" * 4
SOURCE = f"ghcr.io/owner/quartet@{DIGEST}"
DEPLOYED = f"registry.azurecr.io/quartet@{DIGEST}"
SETTINGS = """
AZURE_ENV_NAME=quartet-prod
AZURE_LOCATION=westeurope
AZURE_PRINCIPAL_ID=a-group
QUARTET_OPERATOR_TYPE=Group
PAYMENT_GATEWAY=simulated
CARRIER=simulated
"""
TEMPLATE = {"parameters": {name: {"type": one["type"]} for name, one in parsed("main.bicep")["parameters"].items()}}


def deployment() -> dict[str, Any]:
    values = {name: {"value": name.lower()} for name in parsed("main.bicep")["outputs"]}
    values |= {
        "AZURE_CONTAINER_REGISTRY_ENDPOINT": {"value": "registry.azurecr.io"},
        "AZURE_RESOURCE_GROUP": {"value": "rg-quartet-prod"},
    }
    given = {"environmentName": {"value": "quartet-prod"}}
    return {"properties": {"provisioningState": "Succeeded", "outputs": values, "parameters": given}}


def apps(image: str = DEPLOYED) -> list[dict[str, Any]]:
    return [
        {"tags": {"azd-service-name": service}, "properties": {"template": {"containers": [{"image": image}]}}}
        for service in SERVICES
    ]


def azure(runner: Runner, *, running: str = DEPLOYED, what_if: str = "echo '+ a new server'") -> None:
    """The `az` of this run."""
    runner.program(
        "az",
        f"""case "$*" in
"bicep build"*) echo {shlex.quote(json.dumps(TEMPLATE))} > plan/main.json ;;
"deployment sub what-if"*) {what_if} ;;
"deployment sub create"*) echo {shlex.quote(json.dumps(deployment()))} ;;
"deployment group create"*) for given; do last=$given; done; echo "$last $SERVICE_ORDER_IMAGE_NAME" >> deployed ;;
"containerapp list"*) echo {shlex.quote(json.dumps(apps(running)))} ;;
esac""",
    )


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """Everything in order: a tag, reviewers, an Azure that accepts, a doctor that finds nothing."""
    given = {
        "GITHUB_REPOSITORY": "Owner/Quartet",
        "GITHUB_REF": "refs/tags/v1.2.3",
        "GITHUB_REF_TYPE": "tag",
        "GITHUB_ACTOR": "a-person",
    }
    expressions = {
        "inputs.environment": "prod",
        "inputs.digest": DIGEST,
        "github.repository": "Owner/Quartet",
        "github.token": "a-token",
        "vars.DEV_SETTINGS": "",
        "vars.PROD_SETTINGS": SETTINGS,
    }
    made = Runner(tmp_path, given, expressions)
    made.program("gh", "echo branch_policy; echo required_reviewers")
    made.program("make")
    made.program("sleep")
    made.program(".venv/bin/quartet")
    azure(made)
    return made


def preview(runner: Runner) -> str:
    return runner.run(jobs("deploy.yml")["preview"])


def deploy(runner: Runner) -> str:
    return runner.run(jobs("deploy.yml")["deploy"])


def test_the_digest_that_was_given_is_what_every_service_gets(runner: Runner) -> None:
    assert preview(runner) == ""
    assert deploy(runner) == ""
    deployed = (runner.folder / "deployed").read_text(encoding="utf-8").splitlines()
    assert deployed == [f"infra/services/{service}.bicepparam {DEPLOYED}" for service in SERVICES]
    (imported,) = [call for call in runner.calls() if call.startswith("az acr import")]
    assert f"--name registry --source {SOURCE} --image quartet:{DIGEST.removeprefix('sha256:')} " in imported
    names = [" ".join(call.split()[:4]) for call in runner.calls()]
    assert names == [
        "gh api repos/Owner/Quartet/environments/prod --jq",
        "az bicep build --file",
        "az deployment sub what-if",
        "az deployment sub create",
        "az acr import --name",
        *["az deployment group create"] * len(SERVICES),
        "az containerapp list --resource-group",
        "make .venv/.runtime",
        "quartet doctor",
    ]


def test_what_would_change_is_in_the_summary_and_the_size_is_the_environment(runner: Runner) -> None:
    assert preview(runner) == ""
    summary = (runner.folder / "GITHUB_STEP_SUMMARY").read_text(encoding="utf-8")
    assert SOURCE in summary
    assert "+ a new server" in summary
    plan = json.loads((runner.folder / "plan" / "parameters.json").read_text(encoding="utf-8"))
    assert plan["parameters"]["tier"] == {"value": "prod"}


def test_a_preview_that_fails_ends_the_run(runner: Runner) -> None:
    """It is piped into a file: without pipefail the failure would be lost."""
    azure(runner, what_if="echo 'AuthorizationFailed' >&2; exit 1")
    assert "AuthorizationFailed" in preview(runner)
    assert not (runner.folder / "GITHUB_STEP_SUMMARY").exists()


def test_prod_takes_no_branch(runner: Runner) -> None:
    runner.given |= {"GITHUB_REF": "refs/heads/main", "GITHUB_REF_TYPE": "branch"}
    assert preview(runner) == "prod takes releases only: run this workflow from a tag, not from refs/heads/main\n"


@pytest.mark.parametrize("gh", ["echo branch_policy", "", "echo 'HTTP 404' >&2; exit 1"])
def test_prod_must_have_reviewers(runner: Runner, gh: str) -> None:
    runner.program("gh", gh)
    error = preview(runner)
    assert error in {
        "HTTP 404\n",
        "the environment prod has no required reviewers: set them, see docs/deploy-workflow.md\n",
    }
    assert not [call for call in runner.calls() if call.startswith("az")]


def test_a_service_that_runs_another_image_fails_the_run(runner: Runner) -> None:
    azure(runner, running="registry.azurecr.io/quartet@sha256:" + "f" * 64)
    assert preview(runner) == ""
    assert f"order: runs registry.azurecr.io/quartet@sha256:{'f' * 64}, not {DEPLOYED}" in deploy(runner)


def test_a_problem_that_the_doctor_still_finds_fails_the_run(runner: Runner) -> None:
    runner.program(".venv/bin/quartet", "exit 1")
    assert preview(runner) == ""
    assert deploy(runner).startswith("the image is deployed, and quartet doctor still finds a problem")
    assert len([call for call in runner.calls() if call == "quartet doctor"]) == 8


def test_a_doctor_that_finds_nothing_after_a_while_is_enough(runner: Runner) -> None:
    runner.program(".venv/bin/quartet", f"[ $(grep -c doctor {runner.folder}/calls) = 3 ]")
    assert preview(runner) == ""
    assert deploy(runner) == ""
    assert len([call for call in runner.calls() if call == "quartet doctor"]) == 3
