"""Functions on arrays and objects."""

from statistics import median
from typing import Final

from quartet_emulators.cosmos.sql.accumulators import ACCUMULATORS
from quartet_emulators.cosmos.sql.functions.signatures import Function, Signature, all_of, any_of
from quartet_emulators.cosmos.sql.values import UNDEFINED, Value, finite, is_number, same


def _array_contains(array: Value, wanted: Value, partial: Value = False) -> Value:
    if type(array) is not list or wanted is UNDEFINED:
        return UNDEFINED
    if partial is True and type(wanted) is dict:
        return any(_includes(element, wanted) for element in array)
    return any(same(element, wanted) for element in array)


def _array_contains_all(array: Value, *wanted: Value) -> Value:
    return all_of(_array_contains(array, value) for value in wanted)


def _array_contains_any(array: Value, *wanted: Value) -> Value:
    return any_of(_array_contains(array, value) for value in wanted)


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


def _object_to_array(value: Value, key: Value = "k", content: Value = "v") -> Value:
    if type(value) is not dict or type(key) is not str or type(content) is not str:
        return UNDEFINED
    return [{key: name, content: inner} for name, inner in value.items()]


def _array_length(array: Value) -> Value:
    return len(array) if type(array) is list else UNDEFINED


def _accumulated(aggregate: str) -> Function:
    """What an aggregate makes of the elements, as if each was a row."""

    def call(array: Value) -> Value:
        if type(array) is not list:
            return UNDEFINED
        accumulator = ACCUMULATORS[aggregate]()
        for element in array:
            accumulator.add(element)
        return accumulator.result()

    return call


def _array_median(array: Value) -> Value:
    """Of an even number of elements, the mean of the two in the middle."""
    if type(array) is not list or not array or not all(map(is_number, array)):
        return UNDEFINED
    return finite(median(array))


ARRAY_FUNCTIONS: Final = {
    "ARRAY_CONTAINS": Signature(_array_contains, 2, 3),
    "ARRAY_CONTAINS_ALL": Signature(_array_contains_all, 2, None),
    "ARRAY_CONTAINS_ANY": Signature(_array_contains_any, 2, None),
    "ARRAY_LENGTH": Signature(_array_length, 1, 1),
    "ARRAY_SLICE": Signature(_array_slice, 2, 3),
    "ARRAY_CONCAT": Signature(_array_concat, 2, None),
    "ARRAY_AVG": Signature(_accumulated("AVG"), 1, 1),
    "ARRAY_MAX": Signature(_accumulated("MAX"), 1, 1),
    "ARRAY_MEDIAN": Signature(_array_median, 1, 1),
    "ARRAY_MIN": Signature(_accumulated("MIN"), 1, 1),
    "ARRAY_SUM": Signature(_accumulated("SUM"), 1, 1),
    "OBJECTTOARRAY": Signature(_object_to_array, 1, 3),
}
