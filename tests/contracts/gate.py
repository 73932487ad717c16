"""`python -m tests.contracts.gate`: the shop's contracts against those of the last release. What `make check` runs.

Without a release there is no tag. Then they are compared with contracts/base/shop.json, and a line says so: the gate is
never skipped.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
BASE: Final = ROOT / "contracts" / "base" / "shop.json"
_TAGS: Final = "v[0-9]*"


def last_release(folder: Path) -> str | None:
    """The newest release tag before the commit that is checked out; None if there is none, or no git."""
    # On a release's own tag, the one before counts: compared with itself, everything holds.
    own = _git(folder, "describe", "--tags", "--exact-match", "--match", _TAGS, "HEAD")
    return _git(folder, "describe", "--tags", "--abbrev=0", "--match", _TAGS, "HEAD^" if own else "HEAD")


def arguments(folder: Path, base: Path) -> list[str]:
    """What to ask of `quartet`."""
    release = last_release(folder)
    return ["schema", "--against", str(base)] if release is None else ["schema", "--check", release]


def _git(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def main() -> int:
    """Compare, and say with what."""
    words = arguments(ROOT, BASE)
    if "--against" in words:
        print(f"contracts: THIS CLONE HAS NO RELEASE TAG; compared with {BASE.relative_to(ROOT)}", flush=True)  # noqa: T201
    quartet = Path(sys.executable).with_name("quartet")
    return subprocess.run([str(quartet), *words], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
