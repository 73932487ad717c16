"""The difference between two states, as JSON values. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from quartet.console.views import ChangeView

MOST_CHANGES: Final = 100
"""Of one write. More are counted."""

_LONGEST: Final = 2_000  # characters of JSON of one value


def differences(before: object, after: object) -> list[ChangeView]:
    """What differs, each value with its path; what was added or removed as a whole is one change."""
    found: list[ChangeView] = []
    for change in _differences((), before, after):
        if len(found) == MOST_CHANGES:
            found.append(ChangeView(path="…", before=None, after=f"and more than these {MOST_CHANGES} changes"))
            break
        found.append(change)
    return found


def _differences(path: tuple[str, ...], before: object, after: object) -> Iterator[ChangeView]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys([*before, *after]):
            yield from _differences((*path, str(name)), before.get(name), after.get(name))
    elif isinstance(before, list) and isinstance(after, list):
        for place in range(max(len(before), len(after))):
            yield from _differences((*path, str(place)), _at(before, place), _at(after, place))
    elif not _are_equal(before, after):
        yield ChangeView(path="/".join(path), before=_short(before), after=_short(after))


def _at(values: Sequence[Any], place: int) -> object:
    return values[place] if place < len(values) else None


def _are_equal(one: object, other: object) -> bool:
    """As JSON: for Python, true is 1."""
    return type(one) is type(other) and one == other


def _short(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = json.dumps(value, ensure_ascii=False)
    return value if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"
