"""Values as JSON that says their types, so that an equal value can be made of it again.

What JSON has stands as it is. Everything else is an object with the type under `$`: `{"$": "decimal", "of": "8.90"}`,
`{"$": "bank.port:Paid", "of": {"receipt": "r-1"}}`. A value that would not come back equal is refused when it is
written: nothing is guessed later.
"""

import base64
import json
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from hashlib import blake2b
from typing import Any, Final, TypeAlias
from uuid import UUID

from pydantic import BaseModel

JsonValue: TypeAlias = Any
"""What `json.dumps` takes: null, true, numbers, text, lists, objects."""

_TYPE: Final = "$"
_OF: Final = "of"


class UnwritableError(Exception):
    """A value cannot be written so that an equal one can be made of it. The message says which, and why."""


class UnreadableValueError(Exception):
    """No value can be made of what was written: its type has changed, or is gone. The message says which."""


def written(value: object) -> JsonValue:
    """The value as JSON.

    Raises:
        UnwritableError: no equal value can be made of it again.
    """
    told = _written(value)
    try:
        same = read(told) == value
    except UnreadableValueError as error:
        raise UnwritableError(str(error)) from error
    if not same:
        raise UnwritableError(f"a {_name(type(value))} does not come back as it was")
    return told


def read(told: JsonValue) -> Any:  # noqa: ANN401 -- whatever was written
    """The value of which this was written. A type is looked up among the modules that are loaded; none is imported.

    Raises:
        UnreadableValueError: its type is not loaded, or refuses what was written.
    """
    if isinstance(told, list):
        return [read(one) for one in told]
    if not isinstance(told, dict):
        return told
    if _TYPE not in told:
        return {name: read(one) for name, one in told.items()}
    kind, of = told[_TYPE], told.get(_OF)
    if not isinstance(kind, str):
        raise UnreadableValueError("what was recorded names no type")
    try:
        if kind in _READERS:
            return _READERS[kind](of)
        return _made(found_class(kind), of)
    except UnreadableValueError:
        raise
    except Exception as error:
        raise UnreadableValueError(f"no {kind} can be made of what was recorded ({type(error).__name__})") from error


def digest(args: tuple[object, ...], kwargs: Mapping[str, object]) -> str:
    """A digest of the arguments of a call: equal for equal arguments, whatever modules their types are in.

    Raises:
        UnwritableError: an argument cannot be written.
    """
    told = _without_modules(_written([list(args), dict(kwargs)]))
    return blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=8).hexdigest()


def name_of(kind: type) -> str:
    """The name by which a type is found again: `package.module:Name`.

    Raises:
        UnwritableError: it is not found by it, as one that was made in a function.
    """
    name = f"{kind.__module__}:{kind.__qualname__}"
    if _found(name) is not kind:
        raise UnwritableError(f"the type {name} is not found by its name")
    return name


def found_class(name: str) -> type:
    """The type of this name, in a module that is loaded.

    Raises:
        UnreadableValueError: there is none.
    """
    found = _found(name)
    if not isinstance(found, type):
        raise UnreadableValueError(f"the application no longer has {name}")
    return found


def _found(name: str) -> object:
    module, _, path = name.partition(":")
    found: object = sys.modules.get(module)
    for part in path.split("."):
        found = getattr(found, part, None)
    return found


def _written(value: object) -> JsonValue:
    kind = type(value)
    if value is None or kind in {bool, int, str}:
        return value
    if isinstance(value, float) and kind is float:
        if not math.isfinite(value):
            raise UnwritableError(f"{value} is no JSON number")
        return value
    if isinstance(value, list | tuple | set | frozenset) and kind in {list, tuple, set, frozenset}:
        return _series(value)
    if isinstance(value, dict) and kind is dict:
        return _mapping(value)
    if kind in _WRITERS:
        name, write = _WRITERS[kind]
        return {_TYPE: name, _OF: write(value)}
    return {_TYPE: name_of(kind), _OF: _content(value)}


def _series(value: list[Any] | tuple[Any, ...] | set[Any] | frozenset[Any]) -> JsonValue:
    items = [_written(one) for one in value]
    if isinstance(value, set | frozenset):
        items.sort(key=lambda one: json.dumps(one, sort_keys=True))
    return items if isinstance(value, list) else {_TYPE: type(value).__name__, _OF: items}


def _mapping(value: dict[Any, Any]) -> JsonValue:
    if all(type(key) is str for key in value) and _TYPE not in value:
        return {key: _written(one) for key, one in value.items()}
    return {_TYPE: "dict", _OF: [[_written(key), _written(one)] for key, one in value.items()]}


def _content(value: object) -> JsonValue:
    if isinstance(value, Enum):
        return _written(value.value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if is_dataclass(value):
        return {one.name: _written(getattr(value, one.name)) for one in fields(value) if one.init}
    raise UnwritableError(f"a {_name(type(value))} cannot be written")


def _made(kind: type, of: JsonValue) -> object:
    if issubclass(kind, Enum):
        return kind(read(of))
    if issubclass(kind, BaseModel):
        return kind.model_validate_json(json.dumps(of))
    if is_dataclass(kind):
        return kind(**{name: read(one) for name, one in of.items()})
    raise UnreadableValueError(f"{_name(kind)} is neither a dataclass nor an enumeration nor a model")


def _without_modules(told: JsonValue) -> JsonValue:
    if isinstance(told, list):
        return [_without_modules(one) for one in told]
    if not isinstance(told, dict):
        return told
    return {
        name: one.rpartition(":")[2] if name == _TYPE and isinstance(one, str) else _without_modules(one)
        for name, one in told.items()
    }


def _name(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _delta(value: timedelta) -> list[int]:
    return [value.days, value.seconds, value.microseconds]


_WRITERS: Final[Mapping[type, tuple[str, Callable[[Any], JsonValue]]]] = {
    Decimal: ("decimal", str),
    datetime: ("datetime", datetime.isoformat),
    date: ("date", date.isoformat),
    timedelta: ("timedelta", _delta),
    UUID: ("uuid", str),
    bytes: ("bytes", lambda value: base64.b64encode(value).decode()),
}
_READERS: Final[Mapping[str, Callable[[JsonValue], Any]]] = {
    "decimal": Decimal,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "timedelta": lambda of: timedelta(*of),
    "uuid": UUID,
    "bytes": lambda of: base64.b64decode(of, validate=True),
    "tuple": lambda of: tuple(read(one) for one in of),
    "set": lambda of: {read(one) for one in of},
    "frozenset": lambda of: frozenset(read(one) for one in of),
    "dict": lambda of: {read(key): read(one) for key, one in of},
}
