"""The image, built by buildah from the Dockerfile, and its root file system mounted."""

import json
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


@dataclass(frozen=True, slots=True)
class Image:
    """A built image.

    Attributes:
        root: its root file system.
        config: what an OCI runtime reads: `User`, `Entrypoint`, `Env` and so on.
    """

    root: Path
    config: dict[str, Any]


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
    with _removed(TAG), _container(TAG) as container:
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
