"""The action verify-image, run with stand-ins for cosign and gh."""

import os
import subprocess
from pathlib import Path

import pytest

from quartet.engine.failures.timeouts import stretched
from tests.deployment.workflow_files import action

IMAGE = "ghcr.io/owner/quartet@sha256:" + "0123456789abcdef" * 4
GIVEN = {"GITHUB_REPOSITORY": "Owner/Quartet", "GITHUB_REF": "refs/tags/v1.2.3", "GITHUB_SHA": "5" * 40}
(STEP,) = [step for step in action("verify-image")["runs"]["steps"] if "run" in step]


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with a cosign and a gh that note their arguments, and find nothing wrong."""
    for name in ("cosign", "gh"):
        program(tmp_path, name, f'echo "{name} $*" >> "$CALLS"')
    return tmp_path


def program(folder: Path, name: str, script: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o755)


def verified(programs: Path, image: str = IMAGE) -> tuple[int, str, list[str]]:
    """Exit status, what was said on standard error, and the calls."""
    calls = programs / "calls"
    calls.touch()
    own = {
        name: value.replace("${{ inputs.image }}", image).replace("${{ github.token }}", "a token")
        for name, value in STEP["env"].items()
    }
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEP["run"]],
        env=own | GIVEN | {"PATH": f"{programs}:{os.environ['PATH']}", "CALLS": str(calls)},
        capture_output=True,
        text=True,
        check=False,
        timeout=stretched(30),
    )
    return done.returncode, done.stderr, calls.read_text(encoding="utf-8").splitlines()


def test_signature_provenance_and_sbom_are_verified(programs: Path) -> None:
    status, error, calls = verified(programs)
    assert (status, error) == (0, "")
    signature, provenance, sbom = calls
    identity = "https://github.com/Owner/Quartet/.github/workflows/release.yml@refs/tags/v1.2.3"
    assert signature.startswith(f"cosign verify {IMAGE} ")
    assert f"--certificate-identity {identity} --certificate-github-workflow-sha {'5' * 40}" in signature
    for call, predicate in ((provenance, "https://slsa.dev/provenance/v1"), (sbom, "https://spdx.dev/Document/v2.3")):
        assert call.startswith(f"gh attestation verify oci://{IMAGE} ")
        assert f"--predicate-type {predicate} " in call
        assert f"--source-ref refs/tags/v1.2.3 --source-digest {'5' * 40}" in call


@pytest.mark.parametrize("image", ["", "ghcr.io/owner/quartet:1.2.3", IMAGE[:-1], f"{IMAGE} --key=mine", IMAGE + "\n"])
def test_an_image_that_is_not_named_by_digest_is_refused(programs: Path, image: str) -> None:
    status, error, calls = verified(programs, image)
    assert status == 2
    assert "is no image by digest" in error
    assert calls == []


def test_an_image_without_a_signature_of_this_commit_is_refused(programs: Path) -> None:
    program(programs, "cosign", "exit 1")
    status, error, calls = verified(programs)
    assert status == 1
    assert error.startswith(f"{IMAGE} was not signed by a release of refs/tags/v1.2.3 at 555")
    assert calls == []


@pytest.mark.parametrize("predicate", ["slsa.dev", "spdx.dev"])
def test_an_image_without_an_attestation_is_refused(programs: Path, predicate: str) -> None:
    program(programs, "gh", f'case "$*" in *{predicate}*) exit 4 ;; esac')
    assert verified(programs)[0] == 4
