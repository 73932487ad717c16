"""The workflow Deploy: shown, approved, verified, deployed by digest, looked at."""

import json
import re

from infra.pipeline import SERVICES
from tests.deployment.compose_file import ROOT
from tests.deployment.workflow_files import commands, jobs, position, triggers, used, workflow

JOBS = jobs("deploy.yml")
PREVIEW, DEPLOY = JOBS["preview"], JOBS["deploy"]
TEXT = (ROOT / ".github/workflows/deploy.yml").read_text(encoding="utf-8")


def test_a_person_starts_it_with_an_environment_and_a_digest() -> None:
    assert set(triggers("deploy.yml")) == {"workflow_dispatch"}
    inputs = triggers("deploy.yml")["workflow_dispatch"]["inputs"]
    assert inputs["environment"]["options"] == ["dev", "prod"]
    assert {name: given["required"] for name, given in inputs.items()} == {"environment": True, "digest": True}


def test_nothing_is_deployed_that_was_not_previewed() -> None:
    assert list(JOBS) == ["preview", "deploy"]
    assert DEPLOY["needs"] == "preview"
    assert "if" not in DEPLOY, "a condition such as always() would deploy after a preview that has failed"
    assert "continue-on-error" not in TEXT
    (plan,) = used(PREVIEW, "actions/upload-artifact")
    (same,) = used(DEPLOY, "actions/download-artifact")
    assert plan["with"]["name"] == same["with"]["name"] == "plan"
    files = "--template-file plan/main.json --parameters @plan/parameters.json"
    assert files in PREVIEW["steps"][position(PREVIEW, "sub what-if")]["run"]
    assert files in DEPLOY["steps"][position(DEPLOY, "sub create")]["run"]
    assert "bicep build" not in json.dumps(DEPLOY)


def test_the_preview_is_in_the_summary_of_the_run() -> None:
    shown = PREVIEW["steps"][position(PREVIEW, "GITHUB_STEP_SUMMARY")]["run"]
    assert "plan/what-if.txt" in shown
    assert position(PREVIEW, "sub what-if") < position(PREVIEW, "GITHUB_STEP_SUMMARY")


def test_each_job_has_an_environment_of_its_own() -> None:
    """So an identity of its own: what has to wait for no approval can change nothing."""
    assert PREVIEW["environment"] == "${{ inputs.environment }}-preview"
    assert DEPLOY["environment"] == "${{ inputs.environment }}"
    assert re.search(r"az (deployment \w+ create|acr|containerapp)", json.dumps(PREVIEW)) is None


def test_prod_takes_releases_only_and_must_have_reviewers() -> None:
    guard = PREVIEW["steps"][position(PREVIEW, "required_reviewers")]
    assert guard["if"] == "inputs.environment == 'prod'"
    assert '"$GITHUB_REF_TYPE" != tag' in guard["run"]
    assert guard["run"].count("exit 1") == 2


def test_both_jobs_verify_the_image_before_they_log_in() -> None:
    for job, image in ((PREVIEW, "${{ steps.image.outputs.image }}"), (DEPLOY, "${{ needs.preview.outputs.image }}")):
        (verify,) = used(job, "./.github/actions/verify-image")
        assert verify["with"]["image"] == image
        assert "if" not in verify
        assert job["steps"].index(verify) < job["steps"].index(used(job, "azure/login")[0])


def test_the_digest_goes_from_the_input_to_the_services() -> None:
    assert PREVIEW["env"]["DIGEST"] == "${{ inputs.digest }}"
    assert PREVIEW["steps"][position(PREVIEW, "image=ghcr.io")]["run"].count("@$DIGEST") == 1
    assert PREVIEW["outputs"]["image"] == "${{ steps.image.outputs.image }}"
    assert DEPLOY["env"]["IMAGE"] == "${{ needs.preview.outputs.image }}"
    deploy = "\n".join(commands(DEPLOY))
    assert 'infra.pipeline.outputs "${IMAGE#*@}"' in deploy
    assert '--source "$IMAGE"' in deploy
    assert "inputs.digest" not in json.dumps(DEPLOY)
    assert len(re.findall(r"inputs\.digest", TEXT)) == 2  # the name of the run, and the preview


def test_every_step_follows_the_one_that_it_needs() -> None:
    wanted = ("verify-image", "sub create", "acr import", "group create", "venv/bin/quartet doctor")
    steps = [position(DEPLOY, text) for text in wanted]
    assert steps == sorted(steps)
    assert position(DEPLOY, "infra.pipeline.running") >= position(DEPLOY, "group create")


def test_every_service_is_deployed_from_its_own_parameters() -> None:
    run = DEPLOY["steps"][position(DEPLOY, "group create")]["run"]
    match = re.search(r"for service in (.+); do", run)
    assert match
    assert match[1].split() == SERVICES
    assert "infra/services/$service.bicepparam" in run
    for service in SERVICES:
        assert (ROOT / "infra" / "services" / f"{service}.bicepparam").is_file()


def test_azure_is_reached_by_an_identity_without_a_secret() -> None:
    for job in (PREVIEW, DEPLOY):
        for login in used(job, "azure/login"):
            assert set(login["with"]) == {"client-id", "tenant-id", "subscription-id"}


def test_an_environment_is_deployed_once_at_a_time() -> None:
    concurrency = workflow("deploy.yml")["concurrency"]
    assert concurrency == {"group": "deploy-${{ inputs.environment }}", "cancel-in-progress": False}
