"""What validation, loading and release know of a file: how far their step is; and why a step is not done."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How far a step is."""

    DONE = "done"
    FAILED = "failed"
    UNDONE = "undone"
    """It was undone, or must never be done (a tombstone)."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one file."""

    status: Status


@dataclass(frozen=True, slots=True)
class Refused:
    """It was not done, and never will be. `reason` says why."""

    reason: str
