"""Functions on arrays as sets: an element that is there twice counts once, and 1 is not true."""

from collections.abc import Callable
from typing import Final

from quartet_emulators.cosmos.sql.functions.signatures import Function, Signature
from quartet_emulators.cosmos.sql.values import UNDEFINED, Value, identity

_Set = dict[str, Value]
"""The elements of an array by their identity, in the order of their first appearance."""


def _sets(combine: Callable[[_Set, _Set], Value]) -> Function:
    """Undefined unless both are arrays."""

    def call(left: Value, right: Value) -> Value:
        if type(left) is not list or type(right) is not list:
            return UNDEFINED
        return combine(_set(left), _set(right))

    return call


def _set(array: list[Value]) -> _Set:
    found: _Set = {}
    for element in array:
        found.setdefault(identity(element), element)
    return found


def _intersect(left: _Set, right: _Set) -> Value:
    """In the order of the second array, as in the example ``unorderedIntersect`` of the page SETINTERSECT."""
    return [element for key, element in right.items() if key in left]


def _difference(left: _Set, right: _Set) -> Value:
    return [element for key, element in left.items() if key not in right]


def _union(left: _Set, right: _Set) -> Value:
    return [*left.values(), *_difference(right, left)]


SET_FUNCTIONS: Final = {
    "SETDIFFERENCE": Signature(_sets(_difference), 2, 2),
    "SETEQUAL": Signature(_sets(lambda left, right: left.keys() == right.keys()), 2, 2),
    "SETINTERSECT": Signature(_sets(_intersect), 2, 2),
    "SETUNION": Signature(_sets(_union), 2, 2),
}
