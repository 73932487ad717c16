"""The source distributions, from the index that pip is configured with."""

import shutil
import subprocess
import sys
import tarfile

from tests.sdk_suites.suites import FOLDER, Suite


def unpack(suite: Suite) -> None:
    """Download and unpack the suite's source distribution, unless it is there.

    Raises:
        subprocess.CalledProcessError: pip cannot get it, and has said why.
    """
    if suite.source.is_dir():
        return
    FOLDER.mkdir(exist_ok=True)
    packed = FOLDER / "packed"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--no-binary",
        ":all:",
        "--dest",
        str(packed),
    ]
    subprocess.run([*pip, f"{suite.name}=={suite.version}"], check=True)
    (archive,) = packed.glob(f"{suite.source.name}.tar.gz")
    new = FOLDER / f"{suite.source.name}.new"
    shutil.rmtree(new, ignore_errors=True)
    with tarfile.open(archive) as content:
        content.extractall(new, filter="data")
    (new / suite.source.name).rename(suite.source)  # whole or not at all
    new.rmdir()
