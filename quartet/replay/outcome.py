"""The outcome of an event, then and now, and what differs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from quartet.engine.records.record import Json
from quartet.engine.saga_update import COMPENSATION_FAILED, Step
from quartet.replay.verdict import changed

FAILED: Final = frozenset({"handler_failed", "retries_used_up"})
"""Reasons of dead letters that say that a handler has run and failed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of an event, then or now."""

    outcome: str
    reason: str
    said: tuple[Json, ...]

    def __str__(self) -> str:
        return self._words("ignored", "made", "said")

    @property
    def would(self) -> str:
        """The same, after `would now`."""
        return self._words("ignore", "make", "say")

    def _words(self, ignored: str, made: str, said: str) -> str:
        match self.outcome:
            case "ignored":
                return f"{ignored} it"
            case "rejected" | "failed":
                return f"{made} it a dead letter ({self.reason})"
        types = ", ".join(str(one["type"]) for one in self.said) or "nothing"
        return f"{said} {types}, with a compensation left open" if self.outcome == "owed" else f"{said} {types}"


def outcome_of(done: Step) -> Outcome:
    """The outcome of a step of the runner."""
    letter = done.letter
    if letter is None:
        return Outcome("ignored" if done.outcome == "ignored" else "decided", "", done.answers)
    if letter.reason == COMPENSATION_FAILED:
        return Outcome("owed", "", done.answers)
    return Outcome("failed" if letter.reason in FAILED else "rejected", letter.reason, ())


def details_of(was: Sequence[Json], now: Sequence[Json]) -> list[str]:
    """The fields that differ in what is said of the same type, and what is said now that was not."""
    then, lines = list(was), list[str]()
    for said in now:
        same = next((one for one in then if one["type"] == said["type"]), None)
        if same is not None:
            then.remove(same)
            lines += [f"{said['type']} {line}" for line in changed(same["data"], said["data"])]
        else:
            lines += [
                f"{said['type']} {name}: would be {json.dumps(value, ensure_ascii=False)}"
                for name, value in said["data"].items()
            ]
    return lines
