"""Which way a keyword of JSON Schema moved: whether values were taken away, added, or neither can be said."""

from collections.abc import Mapping
from typing import Any, Final

from quartet.contracts.finding import Breaks, Change

Schema = Mapping[str, Any]

_LOWER: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_NUMBER: Final = frozenset({"integer", "number"})
_MISSING: Final = object()
_MOST_LISTED: Final = 5
_LONGEST_SHOWN: Final = 80


def limit_changes(path: str, old: Schema, new: Schema) -> list[Change]:
    """The changes of all limits that have a direction: types, allowed values, bounds."""
    found = [*_type_changes(path, old, new), *_value_changes(path, old, new)]
    for keyword in (*_LOWER, *_UPPER):
        was, is_ = old.get(keyword), new.get(keyword)
        if was != is_:
            is_narrower = was is None or (is_ is not None and (is_ > was) == (keyword in _LOWER))
            found.append(_moved(path, keyword, was, is_, narrower=is_narrower))
    return found


LIMITS: Final = frozenset({*_LOWER, *_UPPER, "type", "enum", "const"})
"""The keywords that `limit_changes` compares."""


def kept_alike(path: str, keyword: str, old: Schema, new: Schema) -> list[Change]:
    """A change of a keyword that cannot be compared; adding one narrows, removing one widens."""
    was, is_ = old.get(keyword, _MISSING), new.get(keyword, _MISSING)
    if was == is_ and type(was) is type(is_):
        return []
    if was is _MISSING:
        return [Change(path, f"{keyword} {_shown(is_)} is new", Breaks.OLD_EVENTS)]
    if is_ is _MISSING:
        return [Change(path, f"{keyword} {_shown(was)} is gone", Breaks.OLD_READERS)]
    return [Change(path, f"{keyword} was {_shown(was)}, is {_shown(is_)}", Breaks.UNKNOWN)]


def types_of(schema: Schema) -> frozenset[str]:
    """The types that a schema names; nothing if it takes every type."""
    named = schema.get("type", ())
    return frozenset({named} if isinstance(named, str) else named)


def _type_changes(path: str, old: Schema, new: Schema) -> list[Change]:
    was, is_ = types_of(old), types_of(new)
    if was == is_:
        return []
    what = f"type was {_types(was)}, is {_types(is_)}"
    gone, added = was and _without(was, is_), is_ and _without(is_, was)
    narrower = bool(gone) or (not was and bool(is_))
    wider = (bool(added) and bool(was)) or (not is_ and bool(was))
    if not is_:
        narrower = False
    return [
        Change(path, what, breaks)
        for breaks, is_so in ((Breaks.OLD_EVENTS, narrower), (Breaks.OLD_READERS, wider))
        if is_so
    ]


def _without(some: frozenset[str], others: frozenset[str]) -> frozenset[str]:
    """Those types that the others do not cover: every integer is a number."""
    covered = others | {"integer"} if "number" in others else others
    return some - covered


def _value_changes(path: str, old: Schema, new: Schema) -> list[Change]:
    was, is_ = _values(old), _values(new)
    if was is None and is_ is None:
        return []
    if was is None:
        return [Change(path, f"only {_listed(is_ or [])} may be said now", Breaks.OLD_EVENTS)]
    if is_ is None:
        return [Change(path, f"more than {_listed(was)} may be said now", Breaks.OLD_READERS)]
    found = []
    if gone := [one for one in was if one not in is_]:
        found.append(Change(path, f"{_listed(gone)} may no longer be said", Breaks.OLD_EVENTS))
    if added := [one for one in is_ if one not in was]:
        found.append(Change(path, f"{_listed(added)} may be said, too", Breaks.OLD_READERS))
    return found


def _values(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return list(schema["enum"]) if "enum" in schema else None


def _moved(path: str, keyword: str, was: object, is_: object, *, narrower: bool) -> Change:
    shown = f"{keyword} was {'not set' if was is None else was}, is {'not set' if is_ is None else is_}"
    return Change(path, shown, Breaks.OLD_EVENTS if narrower else Breaks.OLD_READERS)


def _types(types: frozenset[str]) -> str:
    return " or ".join(sorted(types)) or "any"


def _listed(values: list[Any]) -> str:
    shown = ", ".join(repr(one) for one in values[:_MOST_LISTED])
    more = len(values) - _MOST_LISTED
    return f"{shown} and {more} more" if more > 0 else shown


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
