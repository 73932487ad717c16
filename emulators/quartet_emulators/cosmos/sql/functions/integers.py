"""Functions on integers of 64 bits. A number with a fraction makes them undefined; ``2.0`` has none.

The pages do not say what a result is that has more than 64 bits. Here it is undefined.
"""

import operator
from collections.abc import Callable
from typing import Final

from quartet_emulators.cosmos.sql.functions.signatures import Function, Signature, whole_number
from quartet_emulators.cosmos.sql.values import MAX_INTEGER, MIN_INTEGER, UNDEFINED, Value

_BITS: Final = 64


def _integers(function: Callable[..., int]) -> Function:
    """Undefined unless all arguments and the result are integers of 64 bits."""

    def call(*values: Value) -> Value:
        given = [number for number in map(whole_number, values) if number is not None and _fits(number)]
        if len(given) < len(values):
            return UNDEFINED
        try:
            result = function(*given)
        except (ValueError, ZeroDivisionError):
            return UNDEFINED
        return result if _fits(result) else UNDEFINED

    return call


def _fits(number: int) -> bool:
    return MIN_INTEGER <= number <= MAX_INTEGER


def _divide(left: int, right: int) -> int:
    """The fraction is cut off, on either side of zero."""
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _remainder(left: int, right: int) -> int:
    """The sign is the dividend's."""
    return left - right * _divide(left, right)


def _shift_left(number: int, count: int) -> int:
    """The bits that leave on the left are lost."""
    bits = (number << _within(count)) & ((1 << _BITS) - 1)
    return bits - (1 << _BITS) if bits > MAX_INTEGER else bits


def _shift_right(number: int, count: int) -> int:
    return number >> _within(count)


def _within(count: int) -> int:
    if not 0 <= count < _BITS:
        msg = "a shift is by 0 to 63 bits"
        raise ValueError(msg)
    return count


INTEGER_FUNCTIONS: Final = {
    "INTADD": Signature(_integers(operator.add), 2, 2),
    "INTSUB": Signature(_integers(operator.sub), 2, 2),
    "INTMUL": Signature(_integers(operator.mul), 2, 2),
    "INTDIV": Signature(_integers(_divide), 2, 2),
    "INTMOD": Signature(_integers(_remainder), 2, 2),
    "INTBITAND": Signature(_integers(operator.and_), 2, 2),
    "INTBITOR": Signature(_integers(operator.or_), 2, 2),
    "INTBITXOR": Signature(_integers(operator.xor), 2, 2),
    "INTBITNOT": Signature(_integers(operator.invert), 1, 1),
    "INTBITLEFTSHIFT": Signature(_integers(_shift_left), 2, 2),
    "INTBITRIGHTSHIFT": Signature(_integers(_shift_right), 2, 2),
}
