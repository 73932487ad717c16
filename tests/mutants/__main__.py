"""`python -m tests.mutants`: plant each bug in a copy of the tree, and require that the simulation finds it."""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from quartet.engine.failures.timeouts import stretched
from tests.mutants.bugs import MUTANTS
from tests.mutants.mutant import Mutant

_ROOT = Path(__file__).resolve().parents[2]
_COPIED = ("services", "shared", "quartet", "emulators", "tests", "pyproject.toml")
_LIMIT = stretched(600)


class Verdict(NamedTuple):
    """The outcome of a mutant. `found` says which rule it broke; None means that it survived."""

    mutant: Mutant
    found: str | None
    output: str
    seconds: float


def main() -> int:
    """Exit status 1 if a bug was not found."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--sagas", type=int, default=6_000, help="how many may pass before a bug has survived")
    parser.add_argument("--processes", type=int, default=1, help="how many processors to use")
    parser.add_argument("names", nargs="*", help="only the bugs whose names contain one of these")
    arguments = parser.parse_args()
    chosen = [one for one in MUTANTS if not arguments.names or any(name in one.name for name in arguments.names)]
    survived = 0
    sound = _hunt(Mutant("nothing at all", "quartet/version.py", (), case="cancelled"), sagas=1_000)
    if sound.found is not None:
        print(f"without a planted bug, a rule is broken as well: {sound.found}")
        return 1
    with ThreadPoolExecutor(arguments.processes) as pool:
        for verdict in pool.map(partial(_hunt, sagas=arguments.sagas), chosen):
            print(f"{verdict.mutant.name:<50} {verdict.seconds:5.1f} s  {verdict.found or 'SURVIVED'}", flush=True)
            if verdict.found is None:
                survived += 1
                print(verdict.output)
    print(f"{len(chosen) - survived} of {len(chosen)} planted bugs found")
    return 1 if survived else 0


def _hunt(mutant: Mutant, sagas: int) -> Verdict:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        for name in _COPIED:
            _copy(_ROOT / name, root / name)
        mutant.plant(root)
        if mutant.proof is not None:
            return Verdict(mutant, *_prove(root, mutant.proof), time.monotonic() - began)
        found, output = _simulate(root, "--exhaustive", "--case", mutant.case) if mutant.case else (None, "")
        if found is None:
            found, output = _simulate(root, "--sagas", str(sagas))
    return Verdict(mutant, found, output, time.monotonic() - began)


def _simulate(root: Path, *arguments: str) -> tuple[str | None, str]:
    """Which rule is broken there, if one is, and the output. A bug that merely breaks the program breaks no rule."""
    command = [sys.executable, "-m", "tests.simulation", "--fail-fast", *arguments]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=_LIMIT, check=False)
    found = [line for line in run.stdout.splitlines() if line.startswith("BROKEN")]
    rule = found[0].removeprefix("BROKEN ") if run.returncode == 1 and found else None
    return rule, run.stdout[-1000:] + run.stderr[-2000:]


def _prove(root: Path, proof: str) -> tuple[str | None, str]:
    """Whether the test fails there. One that cannot even be run finds nothing."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", proof]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=_LIMIT, check=False)
    failed = [line for line in run.stdout.splitlines() if line.startswith("FAILED")]
    return (failed[0] if run.returncode == 1 and failed else None), run.stdout[-2000:] + run.stderr[-1000:]


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


if __name__ == "__main__":
    sys.exit(main())
