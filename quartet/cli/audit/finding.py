"""What an invariant has found."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """A violation and its subject: a saga, a document, a currency."""

    subject: str
    what: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One invariant, the figures that it was checked on, and where it is broken.

    Attributes:
        problem: why it could not be checked; empty if it could.
    """

    number: int
    rule: str
    figures: Mapping[str, int | str]
    violations: tuple[Violation, ...]
    problem: str = ""

    @property
    def holds(self) -> bool:
        """Whether it was checked, and nothing breaks it."""
        return not self.violations and not self.problem
