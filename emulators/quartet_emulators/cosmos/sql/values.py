"""JSON values as the query language sees them: with ``undefined``, and strict about types."""

from collections.abc import Callable
from math import isfinite
from typing import Any, Final, TypeAlias

from quartet_emulators.cosmos.json_text import encode_text

Value: TypeAlias = Any
"""A JSON value or :data:`UNDEFINED`."""


MIN_INTEGER: Final = -(2**63)
MAX_INTEGER: Final = 2**63 - 1
"""The integers of the query language have 64 bits."""

_EXACT: Final = 2**53
"""Below this, a double holds every whole number."""

_LARGEST_BITS: Final = 1024
"""No double is as large as a number with more."""


class Undefined:
    """The type of :data:`UNDEFINED`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "undefined"

    def __bool__(self) -> bool:
        return False


UNDEFINED: Final = Undefined()
"""What a missing property is, and what an operation on values of the wrong types gives. Not null, not false."""

_RANKS: Final[dict[type, int]] = {
    Undefined: 0,
    type(None): 1,
    bool: 2,
    int: 3,
    float: 3,
    str: 4,
    list: 5,
    dict: 6,
}
RANK_UNDEFINED: Final = 0
RANK_NULL: Final = 1
RANK_BOOLEAN: Final = 2
RANK_NUMBER: Final = 3
RANK_STRING: Final = 4
RANK_ARRAY: Final = 5
RANK_OBJECT: Final = 6


def rank(value: Value) -> int:
    """The place of the value's type in the order of types, which ORDER BY, MIN and MAX follow."""
    return _RANKS[type(value)]


def equals(left: Value, right: Value) -> Value:
    """``=``: undefined across types and where either side is undefined."""
    kind = _RANKS[type(left)]
    if kind != _RANKS[type(right)] or kind == RANK_UNDEFINED:
        return UNDEFINED
    if kind >= RANK_ARRAY:
        return same(left, right)
    return left == right


def same(left: Value, right: Value) -> bool:
    """Deep equality of JSON values; true is not 1."""
    kind = _RANKS[type(left)]
    if kind != _RANKS[type(right)]:
        return False
    if kind == RANK_ARRAY:
        return len(left) == len(right) and all(map(same, left, right))
    if kind == RANK_OBJECT:
        return left.keys() == right.keys() and all(same(value, right[key]) for key, value in left.items())
    return bool(left == right)


def comparison(operator: Callable[[Value, Value], bool]) -> Callable[[Value, Value], Value]:
    """``!=``, ``<`` and the like: undefined across types, between arrays and between objects."""

    def compare(left: Value, right: Value) -> Value:
        kind = _RANKS[type(left)]
        if kind != _RANKS[type(right)] or kind == RANK_UNDEFINED or kind >= RANK_ARRAY:
            return UNDEFINED
        return operator(left, right)

    return compare


def is_number(value: Value) -> bool:
    """Whether it is a number; true and false are not."""
    return _RANKS[type(value)] == RANK_NUMBER


def finite(number: Value) -> Value:
    """A number as the service writes it, undefined if JSON has no such number: ``4``, not ``4.0``.

    The service has no integers: all numbers are doubles, written without a fraction where they have none.
    """
    if type(number) is int:
        return number if number.bit_length() <= _LARGEST_BITS else UNDEFINED
    if not isfinite(number):
        return UNDEFINED
    return int(number) if number.is_integer() and abs(number) < _EXACT else number


def sort_key(value: Value) -> tuple[int, Value]:
    """A key that sorts values of all types: undefined, null, booleans, numbers, strings, arrays, objects."""
    kind = _RANKS[type(value)]
    if kind in {RANK_UNDEFINED, RANK_NULL}:
        return kind, 0
    return kind, identity(value) if kind >= RANK_ARRAY else value


def identity(value: Value) -> str:
    """A text that two values share if and only if they are the same, for DISTINCT and GROUP BY."""
    return "" if value is UNDEFINED else encode_text(_normal(value))


def _normal(value: Value) -> Value:
    if isinstance(value, dict):
        return {key: _normal(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_normal(element) for element in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
