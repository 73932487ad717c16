"""The system functions of the query language.

Each takes values and gives a value; on arguments of the wrong type the result is undefined, as in the service.
"""

import math
import re
from collections.abc import Callable
from typing import Any, Final

from emulators.cosmos.errors import CosmosError
from emulators.cosmos.json_text import decode, encode_text
from emulators.cosmos.sql.values import (
    RANK_ARRAY,
    RANK_BOOLEAN,
    RANK_NULL,
    RANK_NUMBER,
    RANK_OBJECT,
    RANK_STRING,
    UNDEFINED,
    identity,
    is_number,
    rank,
    same,
)

Function = Callable[..., Any]


class Signature:
    """A function and how many arguments it takes; ``most`` is ``None`` if there is no limit."""

    __slots__ = ("call", "least", "most")

    def __init__(self, call: Function, least: int, most: int | None) -> None:
        self.call = call
        self.least = least
        self.most = most


def _of_rank(kind: int) -> Function:
    return lambda value: rank(value) == kind


def _strings(function: Function) -> Function:
    """Undefined unless all arguments are strings."""

    def call(*values: Any) -> Any:
        return function(*values) if all(type(value) is str for value in values) else UNDEFINED

    return call


def _numbers(function: Function) -> Function:
    """Undefined unless all arguments are numbers and the result is finite."""

    def call(*values: Any) -> Any:
        if not all(map(is_number, values)):
            return UNDEFINED
        try:
            result = function(*values)
        except (ValueError, OverflowError, ZeroDivisionError):
            return UNDEFINED
        if isinstance(result, float) and not math.isfinite(result):
            return UNDEFINED
        return result

    return call


def _text_test(test: Callable[[str, str], bool]) -> Function:
    """CONTAINS and its like: a third argument true makes them ignore case."""

    def call(text: Any, part: Any, ignore_case: Any = False) -> Any:
        if type(text) is not str or type(part) is not str or type(ignore_case) is not bool:
            return UNDEFINED
        return test(text.lower(), part.lower()) if ignore_case else test(text, part)

    return call


def _array_contains(array: Any, wanted: Any, partial: Any = False) -> Any:
    if type(array) is not list or wanted is UNDEFINED:
        return UNDEFINED
    if partial is True and type(wanted) is dict:
        return any(_includes(element, wanted) for element in array)
    return any(same(element, wanted) for element in array)


def _includes(element: Any, wanted: dict[str, Any]) -> bool:
    return type(element) is dict and all(
        key in element and same(element[key], value) for key, value in wanted.items()
    )


def _array_slice(array: Any, start: Any, length: Any = None) -> Any:
    if type(array) is not list or type(start) is not int or not (length is None or type(length) is int):
        return UNDEFINED
    begin = max(0, len(array) + start) if start < 0 else start
    return array[begin:] if length is None else array[begin : begin + max(0, length)]


def _array_concat(*arrays: Any) -> Any:
    if not all(type(array) is list for array in arrays):
        return UNDEFINED
    return [element for array in arrays for element in array]


def _set_intersect(left: Any, right: Any) -> Any:
    if type(left) is not list or type(right) is not list:
        return UNDEFINED
    others = {identity(element) for element in right}
    return [element for key, element in _unique(left).items() if key in others]


def _set_union(left: Any, right: Any) -> Any:
    if type(left) is not list or type(right) is not list:
        return UNDEFINED
    return list(
        {**_unique(left), **{k: v for k, v in _unique(right).items() if k not in _unique(left)}}.values()
    )


def _unique(array: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for element in array:
        found.setdefault(identity(element), element)
    return found


def _length_of(kind: type) -> Function:
    return lambda value: len(value) if type(value) is kind else UNDEFINED


def _substring(text: Any, start: Any, length: Any) -> Any:
    if type(text) is not str or not is_number(start) or not is_number(length):
        return UNDEFINED
    begin = max(0, int(start))
    return text[begin : begin + max(0, int(length))]


def _index_of(text: Any, part: Any, start: Any = 0) -> Any:
    if type(text) is not str or type(part) is not str or type(start) is not int:
        return UNDEFINED
    return text.find(part, start)


def _left(text: Any, count: Any) -> Any:
    return _substring(text, 0, count)


def _right(text: Any, count: Any) -> Any:
    if type(text) is not str or not is_number(count):
        return UNDEFINED
    return text[len(text) - min(len(text), max(0, int(count))) :]


def _replicate(text: Any, count: Any) -> Any:
    if type(text) is not str or type(count) is not int or count < 0 or len(text) * count > 10_000:  # noqa: PLR2004 - the service's limit
        return UNDEFINED
    return text * count


def _string_split(text: str, delimiter: str) -> Any:
    return text.split(delimiter) if delimiter else UNDEFINED


def _to_string(value: Any) -> Any:
    if value is UNDEFINED or type(value) is str:
        return value
    return encode_text(value)


def _string_to(kind: int) -> Function:
    """StringToNumber and its like: parse JSON, accept one type."""

    def call(text: Any) -> Any:
        if type(text) is not str:
            return UNDEFINED
        try:
            value = decode(text.strip())
        except CosmosError:
            return UNDEFINED
        return value if rank(value) == kind else UNDEFINED

    return call


def _regex_match(text: Any, pattern: Any, modifiers: Any = "") -> Any:
    if type(text) is not str or type(pattern) is not str or type(modifiers) is not str:
        return UNDEFINED
    flags = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}
    if not set(modifiers) <= flags.keys():
        return UNDEFINED
    try:
        return re.search(pattern, text, sum(flags[letter] for letter in set(modifiers))) is not None
    except re.error:
        return UNDEFINED


def _round(value: float, digits: int = 0) -> Any:
    """Halves go away from zero."""
    scale = 10**digits
    return math.copysign(math.floor(abs(value) * scale + 0.5) / scale, value) if digits else _whole(value)


def _whole(value: float) -> int:
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def _log(value: float, base: float = math.e) -> float:
    return math.log(value, base)


def _choose(index: Any, *values: Any) -> Any:
    return values[index - 1] if type(index) is int and 1 <= index <= len(values) else UNDEFINED


def _iif(condition: Any, then: Any, otherwise: Any) -> Any:
    return then if condition is True else otherwise


def _object_to_array(value: Any, key: Any = "k", content: Any = "v") -> Any:
    if type(value) is not dict or type(key) is not str or type(content) is not str:
        return UNDEFINED
    return [{key: name, content: inner} for name, inner in value.items()]


def _is_integer(value: Any) -> bool:
    return is_number(value) and float(value).is_integer()


FUNCTIONS: Final[dict[str, Signature]] = {
    "IS_DEFINED": Signature(lambda value: value is not UNDEFINED, 1, 1),
    "IS_NULL": Signature(_of_rank(RANK_NULL), 1, 1),
    "IS_BOOL": Signature(_of_rank(RANK_BOOLEAN), 1, 1),
    "IS_NUMBER": Signature(_of_rank(RANK_NUMBER), 1, 1),
    "IS_STRING": Signature(_of_rank(RANK_STRING), 1, 1),
    "IS_ARRAY": Signature(_of_rank(RANK_ARRAY), 1, 1),
    "IS_OBJECT": Signature(_of_rank(RANK_OBJECT), 1, 1),
    "IS_PRIMITIVE": Signature(lambda value: RANK_NULL <= rank(value) <= RANK_STRING, 1, 1),
    "IS_INTEGER": Signature(_is_integer, 1, 1),
    "IS_FINITE_NUMBER": Signature(_of_rank(RANK_NUMBER), 1, 1),
    "ARRAY_CONTAINS": Signature(_array_contains, 2, 3),
    "ARRAY_LENGTH": Signature(_length_of(list), 1, 1),
    "ARRAY_SLICE": Signature(_array_slice, 2, 3),
    "ARRAY_CONCAT": Signature(_array_concat, 2, None),
    "SETINTERSECT": Signature(_set_intersect, 2, 2),
    "SETUNION": Signature(_set_union, 2, 2),
    "OBJECTTOARRAY": Signature(_object_to_array, 1, 3),
    "CONTAINS": Signature(_text_test(lambda text, part: part in text), 2, 3),
    "STARTSWITH": Signature(_text_test(str.startswith), 2, 3),
    "ENDSWITH": Signature(_text_test(str.endswith), 2, 3),
    "STRINGEQUALS": Signature(_text_test(str.__eq__), 2, 3),
    "LOWER": Signature(_strings(str.lower), 1, 1),
    "UPPER": Signature(_strings(str.upper), 1, 1),
    "LENGTH": Signature(_length_of(str), 1, 1),
    "TRIM": Signature(_strings(str.strip), 1, 2),
    "LTRIM": Signature(_strings(str.lstrip), 1, 2),
    "RTRIM": Signature(_strings(str.rstrip), 1, 2),
    "REVERSE": Signature(_strings(lambda text: text[::-1]), 1, 1),
    "REPLACE": Signature(_strings(str.replace), 3, 3),
    "REPLICATE": Signature(_replicate, 2, 2),
    "SUBSTRING": Signature(_substring, 3, 3),
    "LEFT": Signature(_left, 2, 2),
    "RIGHT": Signature(_right, 2, 2),
    "INDEX_OF": Signature(_index_of, 2, 3),
    "CONCAT": Signature(_strings(lambda *texts: "".join(texts)), 2, None),
    "STRINGJOIN": Signature(lambda array, text: _string_join(array, text), 2, 2),
    "STRINGSPLIT": Signature(_strings(_string_split), 2, 2),
    "REGEXMATCH": Signature(_regex_match, 2, 3),
    "TOSTRING": Signature(_to_string, 1, 1),
    "STRINGTONUMBER": Signature(_string_to(RANK_NUMBER), 1, 1),
    "STRINGTOBOOLEAN": Signature(_string_to(RANK_BOOLEAN), 1, 1),
    "STRINGTONULL": Signature(_string_to(RANK_NULL), 1, 1),
    "STRINGTOARRAY": Signature(_string_to(RANK_ARRAY), 1, 1),
    "STRINGTOOBJECT": Signature(_string_to(RANK_OBJECT), 1, 1),
    "ABS": Signature(_numbers(abs), 1, 1),
    "FLOOR": Signature(_numbers(math.floor), 1, 1),
    "CEILING": Signature(_numbers(math.ceil), 1, 1),
    "ROUND": Signature(_numbers(_round), 1, 2),
    "TRUNC": Signature(_numbers(math.trunc), 1, 1),
    "SIGN": Signature(_numbers(lambda value: (value > 0) - (value < 0)), 1, 1),
    "SQRT": Signature(_numbers(math.sqrt), 1, 1),
    "SQUARE": Signature(_numbers(lambda value: value * value), 1, 1),
    "POWER": Signature(_numbers(math.pow), 2, 2),
    "EXP": Signature(_numbers(math.exp), 1, 1),
    "LOG": Signature(_numbers(_log), 1, 2),
    "LOG10": Signature(_numbers(math.log10), 1, 1),
    "PI": Signature(lambda: math.pi, 0, 0),
    "CHOOSE": Signature(_choose, 2, None),
    "IIF": Signature(_iif, 3, 3),
}
"""The functions whose result depends on their arguments alone, by their names in upper case."""

AGGREGATES: Final = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG"})

CLOCK_FUNCTIONS: Final = frozenset(
    {"GETCURRENTTIMESTAMP", "GETCURRENTDATETIME", "GETCURRENTTIMESTAMPSTATIC", "GETCURRENTDATETIMESTATIC"}
)

KNOWN_BUT_UNSUPPORTED: Final = (
    "ST_ VECTORDISTANCE FULLTEXT RRF DATETIME COUNTIF RAND ACOS ASIN ATAN ATN2 COS COT DEGREES RADIANS SIN TAN"
    " INTADD INTSUB INTMUL INTDIV INTMOD INTBIT DOCUMENTID ARRAY_AVG ARRAY_MAX ARRAY_MEDIAN ARRAY_MIN ARRAY_SUM"
    " NUMBERBIN GETCURRENTTICKS TICKSTO TIMESTAMPTO STRINGJOIN MAKELIST MAKESET CHECKSUM HASH"
).split()
"""Beginnings of the names of functions that the service has and the emulator has not."""


def _string_join(array: Any, separator: Any) -> Any:
    if type(array) is not list or type(separator) is not str or not all(type(part) is str for part in array):
        return UNDEFINED
    return separator.join(array)
