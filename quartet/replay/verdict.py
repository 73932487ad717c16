"""What a replay has found, in plain words and for programs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from quartet.engine.records.record import Json

_ABSENT: Final = object()


class Kind(StrEnum):
    """What was found."""

    DIFFERENCE = "difference"
    """The present code acts otherwise than was recorded."""
    MISSING = "missing"
    """What the port answered was not recorded, so it cannot be compared."""
    PROBLEM = "problem"
    """It cannot be replayed for another reason."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The first thing that is wrong with one participant in one saga.

    Attributes:
        event: the type of the event at which it is; empty if it is at none.
        text: what, in plain words.
        details: the fields that differ, a line each.
    """

    kind: Kind
    saga_id: str
    participant: str
    event: str
    text: str
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.participant:
            return f"{self.saga_id}: {self.text}"
        at = f"at {self.event} of {self.saga_id}" if self.event else f"in {self.saga_id}"
        return f"{self.participant}, {at}: {self.text}"

    def to_json(self) -> Json:
        """For programs."""
        return {
            "kind": self.kind.value,
            "saga": self.saga_id,
            "participant": self.participant,
            "event": self.event,
            "text": self.text,
            "details": list(self.details),
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the replay of some sagas has found.

    Attributes:
        sagas: how many sagas there were.
        events: how many events were handled again, by all participants together, with the same result.
        findings: what is wrong, by saga and participant, at most one for each.
        notes: what was not compared and need not be, a line each.
    """

    sagas: int
    events: int
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()

    def of(self, kind: Kind) -> list[Finding]:
        """The findings of a kind."""
        return [finding for finding in self.findings if finding.kind is kind]

    def is_good(self, *, allow_missing: bool = False) -> bool:
        """Whether something was replayed, and nothing was found; with `allow_missing`, nothing but what is missing."""
        wrong = [one for one in self.findings if not (allow_missing and one.kind is Kind.MISSING)]
        return self.events > 0 and not wrong

    def to_json(self, *, allow_missing: bool = False) -> Json:
        """For programs."""
        return {
            "ok": self.is_good(allow_missing=allow_missing),
            "sagas": self.sagas,
            "events": self.events,
            "findings": [finding.to_json() for finding in self.findings],
            "notes": list(self.notes),
        }


def changed(was: Any, now: Any, name: str = "") -> Iterator[str]:  # noqa: ANN401 -- JSON
    """The fields that differ between two JSON values, a line each."""
    if isinstance(was, dict) and isinstance(now, dict):
        for key in dict.fromkeys((*was, *now)):
            yield from changed(was.get(key, _ABSENT), now.get(key, _ABSENT), f"{name}.{key}" if name else str(key))
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for place, (one, other) in enumerate(zip(was, now, strict=True)):
            yield from changed(one, other, f"{name}.{place}")
    elif was != now or type(was) is not type(now):
        yield f"{name}: was {_shown(was)}, would now be {_shown(now)}"


def _shown(value: object) -> str:
    if value is _ABSENT:
        return "absent"
    return json.dumps(value, ensure_ascii=False)
