"""The Dockerfile, as far as a look at it goes; `make image-test` builds and runs it."""

import re

from tests.deployment.compose_file import ROOT

LINES = [line for line in (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


def test_it_can_be_built_without_buildkit() -> None:
    """As a container registry does in Azure, where `azd` has the image built."""
    assert [line for line in LINES if re.search(r"^(RUN|COPY|ADD) --(?!from=)|<<", line)] == []


def test_what_is_copied_from_the_checkout_is_not_ignored() -> None:
    copied = {
        source.rstrip("/")
        for line in LINES
        if line.startswith("COPY ") and "--from" not in line
        for source in line.split()[1:-1]
    }
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored
    assert copied == {line[1:].rstrip("/") for line in ignored if line.startswith("!")}


def test_both_stages_build_on_the_same_python() -> None:
    """The environment is copied from one to the other, and refers to its interpreter."""
    assert [line.split()[1] for line in LINES if line.startswith("FROM ")] == ["${BASE_IMAGE}", "${BASE_IMAGE}"]
