"""What the plugin has written down, one outcome for each test."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_WORST_FIRST: Final = ("failed", "skipped", "passed")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a test.

    Attributes:
        test: its name for pytest; for what could not be collected, and for a module that broke off, its file.
        outcome: passed, skipped or failed.
        text: why it was skipped, or the end of what the failure printed.
        marks: those marks of its authors that count.
    """

    test: str
    outcome: str
    text: str
    marks: frozenset[str]


def read_outcomes(lines: Iterable[str]) -> list[Outcome]:
    """The worst outcome of every test: one that passes and whose end fails has failed."""
    found: dict[str, Outcome] = {}
    for line in lines:
        record = json.loads(line)
        new = Outcome(record["test"], record["outcome"], record["text"], frozenset(record["marks"]))
        known = found.get(new.test)
        if known is None or _WORST_FIRST.index(new.outcome) < _WORST_FIRST.index(known.outcome):
            found[new.test] = new
    return list(found.values())
