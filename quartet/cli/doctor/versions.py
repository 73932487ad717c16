"""Whether the installed versions are those that were tested together."""

import re
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from typing import Final

from quartet.cli.doctor.check import Verdict, broken, doubtful, fine
from quartet.version import __version__

_REQUIREMENT: Final = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?P<bounds>[^;]*)")
_BOUND: Final = re.compile(r"(?P<operator>>=|<=|==|<|>)(?P<version>[\d.]+)")
_OPERATORS: Final[dict[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]]] = {
    ">=": lambda left, right: left >= right,
    "<=": lambda left, right: left <= right,
    "==": lambda left, right: left == right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
}


async def check_versions() -> Verdict:
    """This installation against its own requirements."""
    python = ".".join(str(part) for part in sys.version_info[:3])
    try:
        requirements = metadata.requires("quartet") or []
    except metadata.PackageNotFoundError:
        return doubtful(f"quartet {__version__}, Python {python}: not installed", "install it with: make demo")
    return judge_versions(python, [one for one in requirements if "extra ==" not in one], metadata.version)


def judge_versions(python: str, requirements: Sequence[str], installed: Callable[[str], str]) -> Verdict:
    """Compare the installed versions with requirements such as `azure-cosmos>=4.17.1,<4.18`."""
    wrong, seen = [], []
    for requirement in requirements:
        match = _REQUIREMENT.match(requirement)
        if match is None:
            continue
        try:
            version = installed(match["name"])
        except metadata.PackageNotFoundError:
            wrong.append(f"{match['name']} is missing")
            continue
        if not all(_holds(version, bound) for bound in _BOUND.finditer(match["bounds"])):
            wrong.append(f"{match['name']} {version} is outside {match['bounds'].strip()}")
        elif match["name"].startswith("azure-"):
            seen.append(f"{match['name']} {version}")
    if wrong:
        return broken("; ".join(wrong), "install from requirements/runtime.txt: the SDKs' behaviour is pinned by tests")
    return fine(f"quartet {__version__}, Python {python}, {', '.join(seen)}")


def _holds(version: str, bound: re.Match[str]) -> bool:
    left, right = _numbers(version), _numbers(bound["version"])
    length = max(len(left), len(right))
    return _OPERATORS[bound["operator"]](_padded(left, length), _padded(right, length))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _padded(numbers: tuple[int, ...], length: int) -> tuple[int, ...]:
    return numbers + (0,) * (length - len(numbers))
