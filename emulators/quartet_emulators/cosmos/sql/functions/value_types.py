"""Functions that ask for a value's type or give it another."""

from math import isfinite, isnan
from typing import Final

from quartet_emulators.cosmos.errors import CosmosError
from quartet_emulators.cosmos.json_text import decode, encode_text
from quartet_emulators.cosmos.sql.functions.signatures import Function, Signature, whole_number
from quartet_emulators.cosmos.sql.values import (
    MAX_INTEGER,
    MIN_INTEGER,
    RANK_ARRAY,
    RANK_BOOLEAN,
    RANK_NULL,
    RANK_NUMBER,
    RANK_OBJECT,
    RANK_STRING,
    UNDEFINED,
    Value,
    finite,
    rank,
)


def _of_rank(kind: int) -> Function:
    return lambda value: rank(value) == kind


def _is_integer(value: Value) -> bool:
    number = whole_number(value)
    return number is not None and MIN_INTEGER <= number <= MAX_INTEGER


def _is_finite_number(value: Value) -> bool:
    return rank(value) == RANK_NUMBER and finite(value) is not UNDEFINED


def _to_string(value: Value) -> Value:
    if value is UNDEFINED or type(value) is str:
        return value
    if type(value) is not float:
        return encode_text(value)
    if isfinite(value):
        return encode_text(finite(value))
    if isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _string_to(kind: int) -> Function:
    """StringToNumber and its like: parse JSON, accept one type."""

    def call(text: Value) -> Value:
        if type(text) is not str:
            return UNDEFINED
        try:
            value = decode(text.strip())
        except CosmosError:
            return UNDEFINED
        if rank(value) != kind:
            return UNDEFINED
        return finite(value) if kind == RANK_NUMBER else value

    return call


def _choose(index: Value, *values: Value) -> Value:
    return values[index - 1] if type(index) is int and 1 <= index <= len(values) else UNDEFINED


def _iif(condition: Value, then: Value, otherwise: Value) -> Value:
    return then if condition is True else otherwise


TYPE_FUNCTIONS: Final = {
    "IS_DEFINED": Signature(lambda value: value is not UNDEFINED, 1, 1),
    "IS_NULL": Signature(_of_rank(RANK_NULL), 1, 1),
    "IS_BOOL": Signature(_of_rank(RANK_BOOLEAN), 1, 1),
    "IS_NUMBER": Signature(_of_rank(RANK_NUMBER), 1, 1),
    "IS_STRING": Signature(_of_rank(RANK_STRING), 1, 1),
    "IS_ARRAY": Signature(_of_rank(RANK_ARRAY), 1, 1),
    "IS_OBJECT": Signature(_of_rank(RANK_OBJECT), 1, 1),
    "IS_PRIMITIVE": Signature(lambda value: RANK_NULL <= rank(value) <= RANK_STRING, 1, 1),
    "IS_INTEGER": Signature(_is_integer, 1, 1),
    "IS_FINITE_NUMBER": Signature(_is_finite_number, 1, 1),
    "TOSTRING": Signature(_to_string, 1, 1),
    "STRINGTONUMBER": Signature(_string_to(RANK_NUMBER), 1, 1),
    "STRINGTOBOOLEAN": Signature(_string_to(RANK_BOOLEAN), 1, 1),
    "STRINGTONULL": Signature(_string_to(RANK_NULL), 1, 1),
    "STRINGTOARRAY": Signature(_string_to(RANK_ARRAY), 1, 1),
    "STRINGTOOBJECT": Signature(_string_to(RANK_OBJECT), 1, 1),
    "CHOOSE": Signature(_choose, 2, None),
    "IIF": Signature(_iif, 3, 3),
}
