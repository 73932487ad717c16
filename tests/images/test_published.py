"""`QUARTET_IMAGE`: an image that is published already is tested by its digest, or the run fails."""

import pytest

from tests.images import conftest
from tests.images.image import published

DIGEST = "sha256:" + "0123456789abcdef" * 4


def test_without_it_an_image_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUARTET_IMAGE", raising=False)
    assert published() is None


@pytest.mark.parametrize("name", ["ghcr.io/owner/quartet", "localhost:5000/quartet"])
def test_an_image_is_named_by_its_digest(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("QUARTET_IMAGE", f"{name}@{DIGEST}")
    assert published() == f"{name}@{DIGEST}"


@pytest.mark.parametrize(
    "reference",
    ["", "ghcr.io/owner/quartet", "ghcr.io/owner/quartet:1.2.3", f"ghcr.io/owner/quartet@{DIGEST[:-1]}", DIGEST],
)
def test_any_other_name_is_refused(monkeypatch: pytest.MonkeyPatch, reference: str) -> None:
    monkeypatch.setenv("QUARTET_IMAGE", reference)
    with pytest.raises(AssertionError, match="name the image by digest"):
        published()


def test_what_cannot_be_tested_has_not_passed(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A skipped test is green, and the release would sign the image."""
    monkeypatch.setenv("QUARTET_IMAGE", f"ghcr.io/owner/quartet@{DIGEST}")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(conftest, "_CHOICE", "image")
    with pytest.raises(AssertionError, match=r"was not tested\. Missing here: buildah"):
        next(conftest.image_to_test(tmp_path_factory))
