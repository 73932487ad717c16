"""Which files are copied, and what is written down of them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[3]
LOCKED: Final = ROOT / "requirements" / "page"
PAGE: Final = ROOT / "quartet" / "console" / "page" / "vendor"
TESTS: Final = ROOT / "tests" / "console" / "browser" / "vendor"
RECORD: Final = LOCKED / "vendored.json"


@dataclass(frozen=True, slots=True)
class Copied:
    """A file of a package, and where its copy is.

    Attributes:
        package: the name of the npm package.
        source: its path in the package.
        target: the path of the copy, from the root of the repository.
    """

    package: str
    source: str
    target: str


def _copied(package: str, folder: Path, *pairs: tuple[str, str]) -> tuple[Copied, ...]:
    place = folder.relative_to(ROOT) / package.rpartition("/")[2]
    return tuple(Copied(package, source, str(place / target)) for source, target in pairs)


FILES: Final = (
    # Preact and its hooks are inside this file of htm: browsers resolve no bare import without an inline script.
    *_copied("htm", PAGE, ("preact/standalone.module.js", "htm-preact.js"), ("LICENSE", "LICENSE")),
    *_copied("preact", PAGE, ("LICENSE", "LICENSE")),
    *_copied(
        "uplot", PAGE, ("dist/uPlot.esm.js", "uPlot.js"), ("dist/uPlot.min.css", "uPlot.css"), ("LICENSE", "LICENSE")
    ),
    *_copied(
        "@dagrejs/dagre",
        PAGE,
        ("dist/dagre.esm.js", "dagre.js"),
        ("dist/dagre.esm.js.LEGAL.txt", "dagre.esm.js.LEGAL.txt"),  # what is inside it, under the same licence
        ("LICENSE", "LICENSE"),
    ),
    *_copied("axe-core", TESTS, ("axe.min.js", "axe.min.js"), ("LICENSE", "LICENSE")),
)


def digest(content: bytes) -> str:
    """SHA-256, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def lock() -> Mapping[str, Any]:
    """The lock file of npm."""
    found: Mapping[str, Any] = json.loads((LOCKED / "package-lock.json").read_text(encoding="utf-8"))
    return found


def packages(locked: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Version, licence and hash of every package that a lock file names."""
    return {
        path.removeprefix("node_modules/"): {name: entry[name] for name in ("version", "license", "integrity")}
        for path, entry in sorted(locked["packages"].items())
        if path
    }


def record(hashes: Mapping[str, str]) -> str:
    """What is written down: the packages that were locked, and the SHA-256 of each copy."""
    return json.dumps({"packages": packages(lock()), "files": dict(sorted(hashes.items()))}, indent=2) + "\n"


def recorded() -> Mapping[str, Any]:
    """What was written down when the files were copied."""
    found: Mapping[str, Any] = json.loads(RECORD.read_text(encoding="utf-8"))
    return found
