"""Functions on numbers."""

import math
import random
from typing import Final

from quartet_emulators.cosmos.sql.functions.signatures import Signature, numbers
from quartet_emulators.cosmos.sql.values import Value

_MAX_DIGITS: Final = 15


def _round(value: float, digits: int = 0) -> Value:
    """Halves go away from zero."""
    if not 0 <= digits <= _MAX_DIGITS:
        msg = "the service rounds to at most 15 digits"
        raise ValueError(msg)
    scale = 10**digits
    return math.copysign(math.floor(abs(value) * scale + 0.5) / scale, value) if digits else _whole(value)


def _whole(value: float) -> int:
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def _log(value: float, base: float = math.e) -> float:
    return math.log(value, base)


def _cotangent(angle: float) -> float:
    return 1 / math.tan(angle)


def _bin(value: float, size: float = 1) -> float:
    """The largest multiple of the size that is not above the value; with a negative size, the smallest not below.

    Both follow from the example ``roundToNegativeHundreds`` of the page NUMBERBIN: 37.752 in bins of -100 is 100.
    """
    return math.floor(value / size) * size


def _random() -> float:
    # S311: no secret depends on what a query draws
    return random.random()  # noqa: S311


NUMBER_FUNCTIONS: Final = {
    "ABS": Signature(numbers(abs), 1, 1),
    "FLOOR": Signature(numbers(math.floor), 1, 1),
    "CEILING": Signature(numbers(math.ceil), 1, 1),
    "ROUND": Signature(numbers(_round), 1, 2),
    "TRUNC": Signature(numbers(math.trunc), 1, 1),
    "SIGN": Signature(numbers(lambda value: (value > 0) - (value < 0)), 1, 1),
    "SQRT": Signature(numbers(math.sqrt), 1, 1),
    "SQUARE": Signature(numbers(lambda value: value * value), 1, 1),
    "POWER": Signature(numbers(math.pow), 2, 2),
    "EXP": Signature(numbers(math.exp), 1, 1),
    "LOG": Signature(numbers(_log), 1, 2),
    "LOG10": Signature(numbers(math.log10), 1, 1),
    "PI": Signature(lambda: math.pi, 0, 0),
    "NUMBERBIN": Signature(numbers(_bin), 1, 2),
    "RAND": Signature(_random, 0, 0),
    "ACOS": Signature(numbers(math.acos), 1, 1),
    "ASIN": Signature(numbers(math.asin), 1, 1),
    "ATAN": Signature(numbers(math.atan), 1, 1),
    "ATN2": Signature(numbers(math.atan2), 2, 2),
    "COS": Signature(numbers(math.cos), 1, 1),
    "COT": Signature(numbers(_cotangent), 1, 1),
    "DEGREES": Signature(numbers(math.degrees), 1, 1),
    "RADIANS": Signature(numbers(math.radians), 1, 1),
    "SIN": Signature(numbers(math.sin), 1, 1),
    "TAN": Signature(numbers(math.tan), 1, 1),
}
