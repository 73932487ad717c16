"""Which stack the smoke test runs against: `QUARTET_STACK` is `image` (`make image-test`) or `compose`."""

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest

from tests.images.compose_stack import ComposeStack
from tests.images.image import Image, built_image
from tests.images.image_stack import ImageStack
from tests.images.stack import Stack

_TOOLS = ("buildah", "unshare", "nsenter", "chroot", "ip")
_CHOICE = os.environ.get("QUARTET_STACK")


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    if _CHOICE != "image":
        pytest.skip("run by `make image-test`, not by `make test`")
    if missing := [tool for tool in _TOOLS if shutil.which(tool) is None]:
        pytest.skip(f"NOT RUN: the image was not built. Missing here: {', '.join(missing)}")
    if os.geteuid() != 0:
        pytest.skip("NOT RUN: the image was not built. It takes root, or: buildah unshare make image-test")
    with built_image(tmp_path_factory.mktemp("build")) as built:
        yield built


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running: AbstractContextManager[Stack]
    if _CHOICE == "compose":
        running = ComposeStack()
    else:
        running = ImageStack(request.getfixturevalue("image"), tmp_path_factory.mktemp("stack"))
    with running as started:
        yield started
