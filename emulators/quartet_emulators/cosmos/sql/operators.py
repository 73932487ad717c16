"""What the operators of the query language do with two values, or one."""

import operator
import re
from collections.abc import Callable
from functools import lru_cache
from math import fmod
from typing import Final

from quartet_emulators.cosmos.sql.values import UNDEFINED, Value, comparison, equals, finite, is_number

_INT32: Final = 0xFFFFFFFF
_SIGN32: Final = 0x80000000


def _arithmetic(apply: Callable[[Value, Value], Value]) -> Callable[[Value, Value], Value]:
    """Undefined unless both are numbers and the result is finite."""

    def evaluate(left: Value, right: Value) -> Value:
        if not is_number(left) or not is_number(right):
            return UNDEFINED
        try:
            return finite(apply(left, right))
        except (ZeroDivisionError, OverflowError, ValueError):
            return UNDEFINED

    return evaluate


def _remainder(left: Value, right: Value) -> Value:
    """The sign is the dividend's, as in JavaScript."""
    return fmod(left, right)


def _bitwise(apply: Callable[[int, int], int]) -> Callable[[Value, Value], Value]:
    """On 32-bit integers, as in JavaScript; undefined for anything else."""

    def evaluate(left: Value, right: Value) -> Value:
        if type(left) is not int or type(right) is not int:
            return UNDEFINED
        return _signed(apply(left & _INT32, right & _INT32))

    return evaluate


def _signed(bits: int) -> int:
    return ((bits & _INT32) ^ _SIGN32) - _SIGN32


def _shift_right(left: int, right: int) -> int:
    return _signed(left) >> (right & 31)


def _concatenate(left: Value, right: Value) -> Value:
    return left + right if type(left) is str and type(right) is str else UNDEFINED


def _not(value: Value) -> Value:
    return not value if type(value) is bool else UNDEFINED


def _negative(value: Value) -> Value:
    return -value if is_number(value) else UNDEFINED


def _positive(value: Value) -> Value:
    return value if is_number(value) else UNDEFINED


def _invert(value: Value) -> Value:
    return ~_signed(value) if type(value) is int else UNDEFINED


UNARY: Final[dict[str, Callable[[Value], Value]]] = {"NOT": _not, "-": _negative, "+": _positive, "~": _invert}

BINARY: Final[dict[str, Callable[[Value, Value], Value]]] = {
    "=": equals,
    "!=": comparison(operator.ne),
    "<": comparison(operator.lt),
    "<=": comparison(operator.le),
    ">": comparison(operator.gt),
    ">=": comparison(operator.ge),
    "+": _arithmetic(operator.add),
    "-": _arithmetic(operator.sub),
    "*": _arithmetic(operator.mul),
    "/": _arithmetic(operator.truediv),
    "%": _arithmetic(_remainder),
    "||": _concatenate,
    "&": _bitwise(operator.and_),
    "|": _bitwise(operator.or_),
    "^": _bitwise(operator.xor),
    "<<": _bitwise(lambda left, right: left << (right & 31)),
    ">>": _bitwise(_shift_right),
    ">>>": _bitwise(lambda left, right: left >> (right & 31)),
}


@lru_cache(maxsize=256)
def compile_like(pattern: str, escape: str | None) -> re.Pattern[str]:
    """``%`` is any text, ``_`` any character, ``[a-f]`` and ``[^a-f]`` one of a set; ``escape`` takes it back."""
    parts: list[str] = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        position += 1
        if character == escape and position < len(pattern):
            parts.append(re.escape(pattern[position]))
            position += 1
        elif character == "%":
            parts.append(".*")
        elif character == "_":
            parts.append(".")
        elif character == "[" and (end := pattern.find("]", position + 1)) > 0:
            parts.append(_character_set(pattern[position:end]))
            position = end + 1
        else:
            parts.append(re.escape(character))
    return re.compile("".join(parts), re.DOTALL)


def _character_set(inner: str) -> str:
    negated = inner.startswith("^")
    members = inner[1:] if negated else inner
    safe = re.sub(r"[\\\[\]^&~|]", r"\\\g<0>", members)
    try:
        re.compile(f"[{safe}]")
    except re.error:
        safe = re.escape(members)
    return f"[{'^' if negated else ''}{safe}]"
