"""What must be true of the record of a saga, from one write to the next."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from quartet.engine.records.record import RecordLimits

Handled: TypeAlias = Mapping[str, Sequence[Mapping[str, Any]]]
"""By the key of an event: the answers to it, in the order in which the events were handled."""


def broken_by(before: Handled, now: Handled, limits: RecordLimits) -> Iterator[tuple[str, str]]:
    """The rules that a write breaks, each with the key of the event.

    A record drops its oldest entries when it is full, and adds new ones at the end. What it has dropped, and handled
    again, may be answered in another way.
    """
    is_full = _is_more_than({**before, **now}, limits)
    for key in _kept(list(before), list(now)) if is_full else before:
        if key not in now:
            yield "a record that is not full forgets nothing", key
        # An undo that has failed may be done later: what is said then is added.
        elif _ids(before[key]) != _ids(now[key])[: len(before[key])]:
            yield "answers are recorded once", key


def _kept(before: list[str], now: list[str]) -> list[str]:
    """The entries that are still there from before."""
    return next(before[number:] for number in range(len(before) + 1) if before[number:] == now[: len(before) - number])


def _is_more_than(handled: Handled, limits: RecordLimits) -> bool:
    size = sum(len(key) + len(json.dumps(answers)) for key, answers in handled.items())
    return len(handled) > limits.handled or size > limits.handled_bytes


def _ids(answers: Sequence[Mapping[str, Any]]) -> list[str]:
    return [str(answer["id"]) for answer in answers]
