"""Functions on arrays and objects."""

from typing import Final

from quartet_emulators.cosmos.sql.signatures import Signature
from quartet_emulators.cosmos.sql.values import UNDEFINED, Value, identity, same


def _array_contains(array: Value, wanted: Value, partial: Value = False) -> Value:
    if type(array) is not list or wanted is UNDEFINED:
        return UNDEFINED
    if partial is True and type(wanted) is dict:
        return any(_includes(element, wanted) for element in array)
    return any(same(element, wanted) for element in array)


def _includes(element: Value, wanted: dict[str, Value]) -> bool:
    return type(element) is dict and all(key in element and same(element[key], value) for key, value in wanted.items())


def _array_slice(array: Value, start: Value, length: Value = None) -> Value:
    if type(array) is not list or type(start) is not int or not (length is None or type(length) is int):
        return UNDEFINED
    begin = max(0, len(array) + start) if start < 0 else start
    return array[begin:] if length is None else array[begin : begin + max(0, length)]


def _array_concat(*arrays: Value) -> Value:
    if not all(type(array) is list for array in arrays):
        return UNDEFINED
    return [element for array in arrays for element in array]


def _set_intersect(left: Value, right: Value) -> Value:
    if type(left) is not list or type(right) is not list:
        return UNDEFINED
    others = {identity(element) for element in right}
    return [element for key, element in _unique(left).items() if key in others]


def _set_union(left: Value, right: Value) -> Value:
    if type(left) is not list or type(right) is not list:
        return UNDEFINED
    return list({**_unique(left), **{k: v for k, v in _unique(right).items() if k not in _unique(left)}}.values())


def _unique(array: list[Value]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for element in array:
        found.setdefault(identity(element), element)
    return found


def _object_to_array(value: Value, key: Value = "k", content: Value = "v") -> Value:
    if type(value) is not dict or type(key) is not str or type(content) is not str:
        return UNDEFINED
    return [{key: name, content: inner} for name, inner in value.items()]


def _array_length(array: Value) -> Value:
    return len(array) if type(array) is list else UNDEFINED


ARRAY_FUNCTIONS: Final = {
    "ARRAY_CONTAINS": Signature(_array_contains, 2, 3),
    "ARRAY_LENGTH": Signature(_array_length, 1, 1),
    "ARRAY_SLICE": Signature(_array_slice, 2, 3),
    "ARRAY_CONCAT": Signature(_array_concat, 2, None),
    "SETINTERSECT": Signature(_set_intersect, 2, 2),
    "SETUNION": Signature(_set_union, 2, 2),
    "OBJECTTOARRAY": Signature(_object_to_array, 1, 3),
}
