"""`python -m tests.locks`: resolve every lock file with the oldest pip that counts and with the newest.

No setting of the machine, no cache and nothing that is installed takes part: it is as on a new machine.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from tests.locks.extras import stripped_extras
from tests.locks.lock_file import DIRECTORY, LockError, problems, read_lock
from tests.locks.resolution import Pip, ResolutionError, make_pip

_PIPS: Final = ("pip-oldest.txt", "pip-newest.txt")
_OLDEST_PYTHON: Final = {"functions.txt": (3, 13)}
"""What an optional lock file needs at least, if that is more than the project does."""


def main() -> int:
    """Exit status 1 if a lock file cannot be installed everywhere."""
    parser = argparse.ArgumentParser(prog="python -m tests.locks", description=__doc__)
    parser.add_argument("--processes", type=int, default=2, help="how many may resolve at the same time")
    parser.add_argument("locks", nargs="*", type=Path, help="lock files; without any, all of requirements/")
    arguments = parser.parse_args()
    locks = arguments.locks or sorted(path for path in DIRECTORY.glob("*.txt") if path.name not in _PIPS)
    for lock in [lock for lock in locks if sys.version_info < _OLDEST_PYTHON.get(lock.name, (3,))]:
        locks.remove(lock)
        print(f"NOT LOOKED AT {lock.name}: it is for Python {'.'.join(map(str, _OLDEST_PYTHON[lock.name]))} or newer")
    refused = 0
    with tempfile.TemporaryDirectory() as directory:
        for outcome in _check(locks, Path(directory), arguments.processes):
            print(outcome, end="", flush=True)
            refused += outcome.startswith("REFUSED")
    print(f"{len(locks)} lock files, {len(_PIPS)} releases of pip: {refused or 'none'} refused")
    return 1 if refused else 0


def _check(locks: list[Path], directory: Path, processes: int) -> Iterator[str]:
    """A line for every lock file and pip."""
    try:
        pips = [make_pip(DIRECTORY / name, directory / name) for name in _PIPS]
    except ResolutionError as error:
        yield f"REFUSED pip itself, for Python {sys.version.split()[0]}: {error}\n"
        return
    # The old ones take longest, so they begin.
    jobs = [(lock, pip, directory / f"{pip.version}-{lock.name}.json") for pip in pips for lock in locks]
    with ThreadPoolExecutor(processes) as pool:
        yield from pool.map(lambda job: _resolve(*job), jobs)


def _resolve(lock: Path, pip: Pip, report: Path) -> str:
    began = time.monotonic()
    what = f"{lock.name} with pip {pip.version}"
    try:
        entries = read_lock(lock.read_text(encoding="utf-8"))
        wrong = problems(entries) or stripped_extras(entries, pip.resolve(lock, report))
    except (LockError, ResolutionError) as error:
        wrong = [str(error)]
    lines = "".join(f"  {line}\n" for line in wrong)
    return f"{'REFUSED' if wrong else 'resolves'} {what} ({time.monotonic() - began:.1f} s)\n{lines}"


if __name__ == "__main__":
    sys.exit(main())
