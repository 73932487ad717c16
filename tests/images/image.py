"""The image, built by buildah from the Dockerfile or already published, and its root file system mounted."""

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quartet.version import __version__
from tests.deployment.compose_file import ROOT
from tests.images.base_image import base_image, run

TAG = "localhost/quartet:image-test"
_BY_DIGEST = re.compile(r"[\w.-]+(:\d+)?(/[\w.-]+)+@sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Image:
    """A built image.

    Attributes:
        root: its root file system.
        config: what an OCI runtime reads: `User`, `Entrypoint`, `Env` and so on.
    """

    root: Path
    config: dict[str, Any]


def published() -> str | None:
    """What `QUARTET_IMAGE` names: the image to test, instead of one that is built here.

    Raises:
        AssertionError: it is not named by digest. What a tag names may change between the test and the deployment.
    """
    reference = os.environ.get("QUARTET_IMAGE")
    assert reference is None or _BY_DIGEST.fullmatch(reference), (
        f"QUARTET_IMAGE is {reference!r}: name the image by digest, REGISTRY/NAME@sha256:…"
    )
    return reference


@contextmanager
def published_image(reference: str) -> Iterator[Image]:
    """Pull an image by digest: of its platforms, the one of this machine."""
    run("buildah", "pull", "--quiet", reference)
    with _mounted(reference) as image:
        yield image


@contextmanager
def built_image(directory: Path) -> Iterator[Image]:
    """Build the image as it is published; `directory` takes the wheels.

    The packages are downloaded here, by the pip of this environment, whose settings reach whatever index it uses. The
    builder gets them as files: it needs no network, and the lock file's hashes are still checked.
    """
    base = base_image()
    wheels = directory / "wheels"
    lock = str(ROOT / "requirements" / "runtime.txt")
    run(
        *(sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes", "--only-binary", ":all:"),
        *("--no-deps", "--python-version", _python_version(base), "--dest", str(wheels), "--requirement", lock),
    )
    pip_conf = directory / "pip.conf"
    pip_conf.write_text("[global]\nno-index = true\nfind-links = /mnt\n", encoding="utf-8")
    run(
        *("buildah", "bud", "--quiet", "--isolation", "chroot", "--tag", TAG),
        *("--from", base, "--build-arg", f"VERSION={__version__}"),
        *("--volume", f"{pip_conf}:/etc/pip.conf:ro", "--volume", f"{wheels}:/mnt:ro", str(ROOT)),
    )
    with _mounted(TAG) as image:
        yield image


@contextmanager
def _mounted(name: str) -> Iterator[Image]:
    with _removed(name), _container(name) as container:
        inspected = json.loads(run("buildah", "inspect", container))
        yield Image(Path(run("buildah", "mount", container).strip()), inspected["OCIv1"]["config"])


def _python_version(base: str) -> str:
    script = "import sys; print('%d.%d' % sys.version_info[:2])"
    with _container(base) as container:
        return run("buildah", "run", "--isolation", "chroot", container, "--", "python3", "-c", script).strip()


@contextmanager
def _removed(image: str) -> Iterator[None]:
    try:
        yield
    finally:
        run("buildah", "rmi", image)


@contextmanager
def _container(image: str) -> Iterator[str]:
    container = run("buildah", "from", "--pull-never", image).strip()
    try:
        yield container
    finally:
        run("buildah", "rm", container)
