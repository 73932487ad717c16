"""Extras that a lock file must name: old releases of pip take `coverage==7` to be no pin of `coverage[toml]`.

They then look for the newest release, and with hashes required they fail as soon as there is one.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.locks.lock_file import Entry

PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14")
"""That the project supports."""

_PLATFORMS: Final = (("linux", "Linux", "posix"), ("darwin", "Darwin", "posix"), ("win32", "Windows", "nt"))
_ENVIRONMENTS: Final = [
    {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": sys_platform,
        "platform_system": system,
        "os_name": os_name,
    }
    for python, (sys_platform, system, os_name) in product(PYTHONS, _PLATFORMS)
]


def stripped_extras(lock: Sequence[Entry], wants: Mapping[str, Iterable[str]]) -> list[str]:
    """Which extras the packages of a lock file want and the lock file does not name.

    Args:
        lock: the entries.
        wants: by the canonical name of each package, its `Requires-Dist`.
    """
    named = _named(lock)
    missing: list[str] = []
    for package, extras in named.items():
        for text in wants.get(package, ()):
            wanted = Requirement(text)
            absent = wanted.extras - named.get(canonicalize_name(wanted.name), set())
            if absent and _is_wanted(wanted, extras):
                missing.append(f"{package} wants {wanted.name}[{','.join(sorted(absent))}], and the lock has no extra")
    return missing


def _named(lock: Sequence[Entry]) -> dict[str, set[str]]:
    named: dict[str, set[str]] = {}
    for entry in lock:
        named.setdefault(entry.name, set()).update(entry.requirement.extras)
    return named


def _is_wanted(requirement: Requirement, extras: Iterable[str]) -> bool:
    """Whether it is wanted on any platform that counts, by a package with these extras."""
    marker = requirement.marker
    if marker is None:
        return True
    places = product(_ENVIRONMENTS, ("", *extras))
    return any(marker.evaluate({**environment, "extra": extra}) for environment, extra in places)
