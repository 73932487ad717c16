"""The workflow Release: one image, built once, and named by its digest from then on."""

import json
import re
from pathlib import Path

from tests.deployment.compose_file import ROOT
from tests.deployment.workflow_files import action, commands, jobs, position, triggers, used, workflow

RELEASE = jobs("release.yml")
DIGEST = "${{ needs.build.outputs.digest }}"
IMAGE = "${{ needs.build.outputs.name }}@" + DIGEST


def test_main_and_every_tag_of_a_version_make_an_image() -> None:
    assert triggers("release.yml") == {"push": {"branches": ["main"], "tags": ["v*"]}}
    assert "push" not in triggers("ci.yml"), "everything would be checked twice"


def test_the_image_is_built_by_one_job_in_one_step() -> None:
    build = "docker/build-push-action"
    builders = [name for name, job in RELEASE.items() if used(job, build)]
    assert builders == ["build"]
    assert len(used(RELEASE["build"], build)) == 1
    assert jobs("ci.yml")["image"]["if"] == "github.event_name == 'pull_request'", "CI builds one too"
    assert not [name for name, job in RELEASE.items() if re.search(r"docker (buildx )?build ", json.dumps(job))]


def test_what_is_built_is_pushed_without_a_tag() -> None:
    (build,) = used(RELEASE["build"], "docker/build-push-action")
    assert {"push-by-digest=true", "push=true"} <= set(build["with"]["outputs"].split(","))
    assert "tags" not in build["with"]
    assert RELEASE["build"]["outputs"]["digest"] == "${{ steps.push.outputs.digest }}"


def test_every_job_after_it_takes_the_image_by_this_digest() -> None:
    assert RELEASE["test"]["env"]["QUARTET_IMAGE"] == IMAGE
    assert RELEASE["scan"]["env"]["IMAGE"] == IMAGE
    assert RELEASE["sign"]["env"]["IMAGE"] == IMAGE
    assert RELEASE["sign"]["env"]["DIGEST"] == DIGEST
    for name in ("anchore/sbom-action", "anchore/scan-action"):
        (step,) = used(RELEASE["scan"], name)
        assert step["with"]["image"] == "${{ env.IMAGE }}"
    assert {step["with"]["subject-digest"] for step in used(RELEASE["sign"], "actions/attest")} == {"${{ env.DIGEST }}"}


def test_the_image_is_tested_where_it_will_run() -> None:
    (build,) = used(RELEASE["build"], "docker/build-push-action")
    platforms = {platform.removeprefix("linux/") for platform in build["with"]["platforms"].split(",")}
    for name in ("test", "scan"):
        matrix = {one["platform"]: one["runner"] for one in RELEASE[name]["strategy"]["matrix"]["include"]}
        assert set(matrix) == platforms
        assert all(runner.endswith("-arm") == (platform == "arm64") for platform, runner in matrix.items())
    (test,) = [command for command in commands(RELEASE["test"]) if "image-test" in command]
    assert "QUARTET_IMAGE" in test, "sudo drops the variable otherwise, and another image is built and tested"


def test_a_finding_that_could_be_repaired_stops_the_release() -> None:
    (scan,) = used(RELEASE["scan"], "anchore/scan-action")
    assert scan["with"] | {"fail-build": "true", "severity-cutoff": "high", "only-fixed": "true"} == scan["with"]
    for name in ("test", "scan"):
        assert "continue-on-error" not in json.dumps(RELEASE[name])


def test_the_image_is_signed_only_after_everything_has_passed() -> None:
    assert RELEASE["ci"]["uses"] == "./.github/workflows/ci.yml"
    assert set(RELEASE["sign"]["needs"]) == {"version", "ci", "build", "test", "scan"}
    assert not [name for name, job in RELEASE.items() if "if" in job], "a job that is skipped counts as passed"
    signers = [name for name, job in RELEASE.items() if "id-token" in job["permissions"]]
    assert signers == ["sign"]


def test_the_signature_comes_before_the_tag_and_is_verified_as_a_deployment_does() -> None:
    sign = RELEASE["sign"]
    order = [position(sign, text) for text in ("cosign sign", "verify-image", "imagetools create")]
    assert order == sorted(order)
    assert "if" not in sign["steps"][position(sign, "cosign sign")]
    assert sign["steps"][position(sign, "imagetools create")]["if"] == "github.ref_type == 'tag'"


def test_provenance_and_an_sbom_for_each_platform_are_attested() -> None:
    boms = [step["with"].get("sbom-path") for step in used(RELEASE["sign"], "actions/attest")]
    platforms = [one["platform"] for one in RELEASE["scan"]["strategy"]["matrix"]["include"]]
    assert boms == [None, *(f"sbom/sbom-{platform}.spdx.json" for platform in platforms)]


def test_a_signature_counts_if_this_workflow_made_it_from_this_commit() -> None:
    (verify,) = commands(action("verify-image")["runs"])
    assert Path(ROOT / ".github/workflows/release.yml").is_file()
    assert 'workflow="$GITHUB_REPOSITORY/.github/workflows/release.yml"' in verify
    assert '--certificate-identity "https://github.com/$workflow@$GITHUB_REF"' in verify
    assert '--certificate-github-workflow-sha "$GITHUB_SHA"' in verify
    assert "--certificate-oidc-issuer https://token.actions.githubusercontent.com" in verify
    assert "regexp" not in verify
    assert "@sha256:[0-9a-f]{64}$" in verify, "the image is named by digest"
    assert '--source-digest "$GITHUB_SHA"' in verify
    for predicate in ("https://slsa.dev/provenance/v1", "https://spdx.dev/Document/v2.3"):
        assert predicate in verify


def test_a_release_is_never_interrupted() -> None:
    assert workflow("release.yml")["concurrency"]["cancel-in-progress"] is False
