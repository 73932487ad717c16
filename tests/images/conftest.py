"""Which stack the smoke test runs against: `QUARTET_STACK` is `image` (`make image-test`) or `compose`."""

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest

from tests.images.compose_stack import ComposeStack
from tests.images.image import Image, built_image, published, published_image
from tests.images.image_stack import ImageStack
from tests.images.stack import Stack

_TOOLS = ("buildah", "unshare", "nsenter", "chroot", "ip")
_CHOICE = os.environ.get("QUARTET_STACK")


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    yield from image_to_test(tmp_path_factory)


def image_to_test(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """The image that `QUARTET_IMAGE` names, or one that is built here; skips where neither is possible."""
    if _CHOICE != "image":
        pytest.skip("run by `make image-test`, not by `make test`")
    reference = published()
    if reason := _not_possible():
        assert reference is None, f"{reference} was not tested. {reason}"
        pytest.skip(f"NOT RUN: the image was not built. {reason}")
    with published_image(reference) if reference else built_image(tmp_path_factory.mktemp("build")) as image:
        yield image


def _not_possible() -> str | None:
    """Why this machine cannot run an image's tests."""
    if missing := [tool for tool in _TOOLS if shutil.which(tool) is None]:
        return f"Missing here: {', '.join(missing)}"
    if os.geteuid() != 0:
        return "It takes root, or: buildah unshare make image-test"
    return None


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running: AbstractContextManager[Stack]
    if _CHOICE == "compose":
        running = ComposeStack()
    else:
        running = ImageStack(request.getfixturevalue("image"), tmp_path_factory.mktemp("stack"))
    with running as started:
        yield started
