"""Lock files as pip reads them, and what must not be in one."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

DIRECTORY: Final = Path(__file__).parents[2] / "requirements"

_HASH: Final = re.compile(r"--hash=sha256:[0-9a-f]{64}")
_COMMENT: Final = re.compile(r"(^|\s)#.*")


@dataclass(frozen=True, slots=True)
class Entry:
    """A locked release.

    Attributes:
        line: number of its first line.
        hashes: how many files it may be installed from.
        unknown: what else is written there, such as an option.
    """

    line: int
    requirement: Requirement
    hashes: int
    unknown: Sequence[str]

    @property
    def name(self) -> str:
        """The package, as indexes spell it."""
        return canonicalize_name(self.requirement.name)


class LockError(Exception):
    """A line that is no entry of a lock file."""


def read_lock(text: str) -> list[Entry]:
    """The entries of a lock file.

    Raises:
        LockError: a line is an option, an address, or nothing that pip could read. Says which.
    """
    return [_entry(number, line) for number, line in _logical_lines(text)]


def problems(entries: Sequence[Entry]) -> list[str]:
    """What makes a lock file depend on more than itself; empty if nothing does."""
    found = [f"line {entry.line}: {entry.name}: {what}" for entry in entries for what in _problems(entry)]
    return found if entries else ["it has no entry"]


def _problems(entry: Entry) -> Iterator[str]:
    specifiers = list(entry.requirement.specifier)
    if entry.requirement.url is not None:
        yield "comes from an address, not from the index that the machine is set to"
    elif len(specifiers) != 1 or specifiers[0].operator != "==" or specifiers[0].version.endswith("*"):
        yield "is not pinned to one version"
    if not entry.hashes:
        yield "has no sha256 hash"
    for word in entry.unknown:
        yield f"{word} does not belong there"


def _entry(number: int, line: str) -> Entry:
    requirement, *options = re.split(r"\s+(?=--)", line)
    if requirement.startswith("-"):
        raise LockError(f"line {number}: a lock file has no options, so that the machine chooses the index: {line}")
    try:
        parsed = Requirement(requirement)
    except InvalidRequirement as error:
        raise LockError(f"line {number}: not a requirement: {line}") from error
    hashes = [option for option in options if _HASH.fullmatch(option)]
    return Entry(number, parsed, len(hashes), [option for option in options if option not in hashes])


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines without comments, joined where they end with a backslash, each with the number of its first line."""
    start, parts = 0, list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        start = start or number
        bare = _COMMENT.sub("", line).strip()
        parts.append(bare.removesuffix("\\").strip())
        if bare.endswith("\\"):
            continue
        if whole := " ".join(part for part in parts if part):
            yield start, whole
        start, parts = 0, []
    if any(parts):
        yield start, " ".join(parts)
