"""Functions on strings."""

from typing import Final

from quartet_emulators.cosmos.sql.functions.signatures import Signature, strings
from quartet_emulators.cosmos.sql.values import UNDEFINED, Value, is_number

_MAX_REPLICATED: Final = 10_000
"""The service's limit for the result of REPLICATE, in characters."""


def _substring(text: Value, start: Value, length: Value) -> Value:
    if type(text) is not str or not is_number(start) or not is_number(length):
        return UNDEFINED
    begin = max(0, int(start))
    return text[begin : begin + max(0, int(length))]


def _left(text: Value, count: Value) -> Value:
    return _substring(text, 0, count)


def _right(text: Value, count: Value) -> Value:
    if type(text) is not str or not is_number(count):
        return UNDEFINED
    return text[len(text) - min(len(text), max(0, int(count))) :]


def _replicate(text: Value, count: Value) -> Value:
    if (
        type(text) is not str
        or type(count) is not int
        or not 0 <= count <= _MAX_REPLICATED
        or len(text) * count > _MAX_REPLICATED
    ):
        return UNDEFINED
    return text * count


def _string_join(array: Value, separator: Value) -> Value:
    if type(array) is not list or type(separator) is not str or not all(type(part) is str for part in array):
        return UNDEFINED
    return separator.join(array)


def _string_split(text: str, delimiter: str) -> Value:
    """An empty delimiter splits nothing, as in the examples of the page STRINGSPLIT."""
    return text.split(delimiter) if delimiter else [text]


TEXT_FUNCTIONS: Final = {
    "LOWER": Signature(strings(str.lower), 1, 1),
    "UPPER": Signature(strings(str.upper), 1, 1),
    "LENGTH": Signature(strings(len), 1, 1),
    "TRIM": Signature(strings(str.strip), 1, 2),
    "LTRIM": Signature(strings(str.lstrip), 1, 2),
    "RTRIM": Signature(strings(str.rstrip), 1, 2),
    "REVERSE": Signature(strings(lambda text: text[::-1]), 1, 1),
    "REPLACE": Signature(strings(str.replace), 3, 3),
    "REPLICATE": Signature(_replicate, 2, 2),
    "SUBSTRING": Signature(_substring, 3, 3),
    "LEFT": Signature(_left, 2, 2),
    "RIGHT": Signature(_right, 2, 2),
    "CONCAT": Signature(strings(lambda *texts: "".join(texts)), 2, None),
    "STRINGJOIN": Signature(_string_join, 2, 2),
    "STRINGSPLIT": Signature(strings(_string_split), 2, 2),
}
