"""What changed between two JSON Schemas of one contract, so that an old reader or an old event breaks.

Both directions count. What the new schema no longer allows, old events may have; what it allows in addition, old
readers refuse. Readers ignore fields that they do not know, so a new field that may be left out is no such change. A
keyword that is not known here must stay as it was.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from quartet.contracts.finding import Breaks, Change
from quartet.contracts.limits import LIMITS, kept_alike, limit_changes, types_of

Schema = Mapping[str, Any]

SAYS_NOTHING: Final = frozenset(
    {"$schema", "$id", "$defs", "$comment", "title", "description", "examples", "deprecated", "readOnly", "writeOnly"}
)
"""Keywords that allow and forbid nothing."""

_COMPARED: Final = LIMITS | {
    "allOf",
    "default",
    "properties",
    "required",
    "items",
    "prefixItems",
    "additionalProperties",
}


def schema_changes(old: Schema, new: Schema) -> list[Change]:
    """The breaking changes from one schema to the other, in the order of the fields."""
    return list(dict.fromkeys(_Comparison(old, new).changes("", old, new)))


class _Comparison:
    """Two documents: references lead to their own parts."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = old, new
        self._open: set[tuple[object, object]] = set()

    def changes(self, path: str, old: Schema | bool, new: Schema | bool) -> Iterator[Change]:
        """The changes of a part."""
        if isinstance(old, bool) or isinstance(new, bool):
            yield from kept_alike(path, "schema", {"schema": old}, {"schema": new})
            return
        pair = (old.get("$ref", id(old)), new.get("$ref", id(new)))
        if pair in self._open:  # a schema that refers to itself
            return
        self._open.add(pair)
        yield from self._resolved(path, _resolve(old, self._old), _resolve(new, self._new))
        self._open.remove(pair)

    def _resolved(self, path: str, old: Schema, new: Schema) -> Iterator[Change]:
        was, is_ = _alternatives(old), _alternatives(new)
        if len(was) > 1 or len(is_) > 1:
            yield from self._alternatives(path, [_bare(one) for one in was], [_bare(one) for one in is_])
            yield from _of_default(path, old, new)
            return
        old, new = was[0], is_[0]
        yield from limit_changes(path, old, new)
        yield from self._fields(path, old, new)
        for keyword, place in (("items", "[]"), ("additionalProperties", "{}")):
            if keyword in old and keyword in new:
                yield from self.changes(path + place, old[keyword], new[keyword])
            else:
                yield from kept_alike(path, keyword, old, new)
        yield from self._prefix(path, old.get("prefixItems", ()), new.get("prefixItems", ()))
        for keyword in sorted({*old, *new} - _COMPARED - SAYS_NOTHING):
            yield from kept_alike(path, keyword, old, new)
        yield from _of_default(path, old, new)
        yield from _of_conditions(path, old, new)

    def _fields(self, path: str, old: Schema, new: Schema) -> Iterator[Change]:
        was, is_ = old.get("properties", {}), new.get("properties", {})
        required, requires = set(old.get("required", ())), set(new.get("required", ()))
        for name in was:
            where = f"{path}.{name}" if path else name
            if name not in is_:
                who = Breaks.OLD_READERS if name in required else Breaks.MEANING
                yield Change(where, "the field is gone", who)
                continue
            if name in required - requires:
                yield Change(where, "was required, may be left out", Breaks.OLD_READERS)
            if name in requires - required:
                yield Change(where, "could be left out, is required", Breaks.OLD_EVENTS)
            yield from self.changes(where, was[name], is_[name])
        for name in (name for name in is_ if name not in was and name in requires):
            yield Change(f"{path}.{name}" if path else name, "a new field is required", Breaks.OLD_EVENTS)
        kept = [name for name in is_ if name in was]
        if kept != [name for name in was if name in is_]:
            yield Change(path, "the fields are in another order", Breaks.DUPLICATES)

    def _prefix(self, path: str, was: Sequence[Schema], is_: Sequence[Schema]) -> Iterator[Change]:
        for place, (old, new) in enumerate(zip(was, is_, strict=False)):
            yield from self.changes(f"{path}[{place}]", old, new)
        if len(was) != len(is_):
            yield Change(path, f"had {len(was)} places, has {len(is_)}", Breaks.UNKNOWN)

    def _alternatives(self, path: str, was: Sequence[Schema], is_: Sequence[Schema]) -> Iterator[Change]:
        """Each old alternative must be among the new ones, and each new one among the old ones."""
        if len(was) == len(is_) and [types_of(one) for one in was] == [types_of(one) for one in is_]:
            for old, new in zip(was, is_, strict=True):
                yield from self.changes(path, old, new)
            return
        for one in was:
            if not any(self._is_within(one, other, Breaks.OLD_EVENTS) for other in is_):
                yield Change(path, f"{_name(one)} is no longer taken", Breaks.OLD_EVENTS)
        for one in is_:
            if not any(self._is_within(other, one, Breaks.OLD_READERS) for other in was):
                yield Change(path, f"{_name(one)} is taken, too", Breaks.OLD_READERS)

    def _is_within(self, old: Schema, new: Schema, direction: Breaks) -> bool:
        harmless = {Breaks.OLD_EVENTS, Breaks.OLD_READERS} - {direction}
        # All of them: what is left open would look like a schema that refers to itself.
        return {change.breaks for change in self.changes("", old, new)} <= harmless


def _of_default(path: str, old: Schema, new: Schema) -> Iterator[Change]:
    """A field that is left out means its default, for the one who reads it."""
    for change in kept_alike(path, "default", old, new):
        yield Change(change.path, change.what, Breaks.MEANING)


def _of_conditions(path: str, old: Schema, new: Schema) -> Iterator[Change]:
    """What all must follow. A condition of new fields alone takes nothing away from old events."""
    was, is_ = old.get("allOf", []), new.get("allOf", [])
    if any(one not in is_ for one in was):
        yield Change(path, "a condition is gone", Breaks.OLD_READERS)
    fields = set(old.get("properties", {}))
    for one in is_:
        then = set(one.get("then", {}).get("properties", {}))
        is_of_new_fields = set(one) == {"if", "then"} and set(one["then"]) == {"properties"} and not then & fields
        if one not in was and not is_of_new_fields:
            yield Change(path, "a condition is new", Breaks.OLD_EVENTS)
            return


def _alternatives(schema: Schema) -> list[Schema]:
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            rest = {name: value for name, value in _bare(schema).items() if name != keyword}
            return [{**rest, **one} for one in schema[keyword]]
    return [schema]


def _bare(schema: Schema) -> Schema:
    return {name: value for name, value in schema.items() if name not in SAYS_NOTHING and name != "default"}


def _resolve(schema: Schema, document: Schema) -> Schema:
    beside = {name: value for name, value in schema.items() if name != "$ref"}
    while "$ref" in schema:
        target: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        schema = target
        beside = {**{name: value for name, value in schema.items() if name != "$ref"}, **beside}
    return beside


def _name(schema: Schema) -> str:
    return " or ".join(sorted(types_of(schema))) or schema.get("$ref", "a value").rpartition("/")[2]
