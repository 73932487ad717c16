"""The Dockerfile, as far as a look at it goes; `make image-test` builds and runs it."""

import re

import yaml

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


def test_the_base_is_named_once_by_tag_and_digest() -> None:
    """Literally: Dependabot reads no ARG. The environment is copied between two stages on the same Python."""
    base, *stages = [line.split()[1:] for line in LINES if line.startswith("FROM ")]
    assert re.fullmatch(r"docker\.io/library/python:3\.\d+-slim-[a-z]+@sha256:[0-9a-f]{64}", base[0])
    assert base[1:] == ["AS", "base"]
    assert stages == [["base", "AS", "build"], ["base"]]


def test_dependabot_looks_at_it() -> None:
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))["updates"]
    assert "/" in [update["directory"] for update in updates if update["package-ecosystem"] == "docker"]


def test_a_new_project_names_the_same_tag() -> None:
    """Without the digest: no bot renews it there, and an old base lacks Debian's security updates."""
    base = next(line.split()[1] for line in LINES if line.startswith("FROM "))
    template = (ROOT / "quartet/cli/new/project/Dockerfile.tmpl").read_text(encoding="utf-8")
    assert template.splitlines()[0] == f"FROM {base.partition('@')[0]}"
