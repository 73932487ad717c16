"""Copy the files of other projects from the locked npm packages, or compare them (`--check`)."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from quartet.engine.failures.timeouts import stretched
from tests.console.vendoring.files import FILES, LOCKED, RECORD, ROOT, digest, record

_LONGEST_SECONDS = 300


def installed(directory: Path) -> Path:
    """The locked packages, installed into a folder. npm compares each with its hash, and runs no script of any.

    Raises:
        subprocess.CalledProcessError: npm could not install them.
    """
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(LOCKED / name, directory / name)
    words = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error")
    subprocess.run(words, cwd=directory, check=True, stdout=subprocess.DEVNULL, timeout=stretched(_LONGEST_SECONDS))
    return directory / "node_modules"


def copy(modules: Path) -> int:
    """Write every copy again, and the record of them."""
    hashes = {}
    for file in FILES:
        content = (modules / file.package / file.source).read_bytes()
        target = ROOT / file.target
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        hashes[file.target] = digest(content)
    RECORD.write_text(record(hashes), encoding="utf-8")
    print(f"{len(FILES)} files copied")
    return 0


def check(modules: Path) -> int:
    """Compare every copy with the file of its package."""
    wrong = [
        file.target
        for file in FILES
        if not (ROOT / file.target).is_file()
        or (ROOT / file.target).read_bytes() != (modules / file.package / file.source).read_bytes()
    ]
    for name in wrong:
        print(f"{name} is not the file of its locked package: run `make page-vendor`", file=sys.stderr)
    print(f"{len(FILES) - len(wrong)} of {len(FILES)} files are those of the locked packages")
    return 1 if wrong else 0


def main(words: list[str]) -> int:
    """Exit status: 0 if everything is as it must be."""
    if shutil.which("npm") is None:
        if words == ["--check"] and not os.environ.get("CI"):
            print("NOT RUN: npm is missing (Debian: apt-get install nodejs npm)")
            return 0
        print("npm is missing. Debian: apt-get install nodejs npm", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as directory:
        try:
            modules = installed(Path(directory))
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            print("npm could not install the locked packages: see its message above", file=sys.stderr)
            return 1
        return check(modules) if words == ["--check"] else copy(modules)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
