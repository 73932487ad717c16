"""Functions on strings."""

import re
from collections.abc import Callable
from typing import Final

from quartet_emulators.cosmos.sql.signatures import Function, Signature, strings
from quartet_emulators.cosmos.sql.values import UNDEFINED, Value, is_number

_MAX_REPLICATED: Final = 10_000
"""The service's limit for the result of REPLICATE, in characters."""


def _text_test(test: Callable[[str, str], bool]) -> Function:
    """CONTAINS and its like: a third argument true makes them ignore case."""

    def call(text: Value, part: Value, ignore_case: Value = False) -> Value:
        if type(text) is not str or type(part) is not str or type(ignore_case) is not bool:
            return UNDEFINED
        return test(text.lower(), part.lower()) if ignore_case else test(text, part)

    return call


def _substring(text: Value, start: Value, length: Value) -> Value:
    if type(text) is not str or not is_number(start) or not is_number(length):
        return UNDEFINED
    begin = max(0, int(start))
    return text[begin : begin + max(0, int(length))]


def _index_of(text: Value, part: Value, start: Value = 0) -> Value:
    if type(text) is not str or type(part) is not str or type(start) is not int:
        return UNDEFINED
    return text.find(part, start)


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
    return text.split(delimiter) if delimiter else UNDEFINED


def _regex_match(text: Value, pattern: Value, modifiers: Value = "") -> Value:
    if type(text) is not str or type(pattern) is not str or type(modifiers) is not str:
        return UNDEFINED
    flags = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}
    if not set(modifiers) <= flags.keys():
        return UNDEFINED
    try:
        return re.search(pattern, text, sum(flags[letter] for letter in set(modifiers))) is not None
    except re.error:
        return UNDEFINED


TEXT_FUNCTIONS: Final = {
    "CONTAINS": Signature(_text_test(lambda text, part: part in text), 2, 3),
    "STARTSWITH": Signature(_text_test(str.startswith), 2, 3),
    "ENDSWITH": Signature(_text_test(str.endswith), 2, 3),
    "STRINGEQUALS": Signature(_text_test(str.__eq__), 2, 3),
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
    "INDEX_OF": Signature(_index_of, 2, 3),
    "CONCAT": Signature(strings(lambda *texts: "".join(texts)), 2, None),
    "STRINGJOIN": Signature(_string_join, 2, 2),
    "STRINGSPLIT": Signature(strings(_string_split), 2, 2),
    "REGEXMATCH": Signature(_regex_match, 2, 3),
}
