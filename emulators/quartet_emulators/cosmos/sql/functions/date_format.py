"""DateTimeFormat: a moment as text, by a pattern of letters.

The page DATETIMEFORMAT shows ``yyyy``, ``MM``, ``dd``, ``HH``, ``mm``, ``ss``, ``fff`` and ``FFF``, and that
a backslash takes the meaning of the next character away. The elements that it does not show are here those of Kusto's
``format_datetime``. A run of these letters that is no element, such as ``MMM``, makes the result undefined.
"""

import re
from collections.abc import Callable
from typing import Final

from quartet_emulators.cosmos.sql.functions.moments import TICKS_PER_SECOND, part_of, ticks_of
from quartet_emulators.cosmos.sql.values import UNDEFINED, Value

_NOON: Final = 12
_DECIMALS: Final = 7
_ELEMENT: Final = re.compile(r"\\(.)|([yMdHhmsfFt])\2*|.", re.DOTALL)

_PARTS: Final = {"y": "year", "M": "month", "d": "day", "H": "hour", "m": "minute", "s": "second"}


def format_moment(moment: Value, pattern: Value) -> Value:
    """The text of a moment; undefined if it is not one, or if the pattern has an element that is not known."""
    ticks = ticks_of(moment) if type(moment) is str else None
    if ticks is None or type(pattern) is not str:
        return UNDEFINED
    parts: list[str] = []
    for found in _ELEMENT.finditer(pattern):
        if found[2] is None:
            parts.append(found[1] or found[0])
        elif (write := _ELEMENTS.get(found[0])) is not None:
            parts.append(write(ticks))
        else:
            return UNDEFINED
    return "".join(parts)


def _number(part: str, width: int) -> Callable[[int], str]:
    return lambda ticks: str(part_of(part, ticks)).zfill(width)


def _year(digits: int) -> Callable[[int], str]:
    return lambda ticks: str(part_of("year", ticks) % 100).zfill(digits)


def _hour_of_half_day(width: int) -> Callable[[int], str]:
    return lambda ticks: str((part_of("hour", ticks) - 1) % _NOON + 1).zfill(width)


def _half_day(ticks: int) -> str:
    return "PM" if part_of("hour", ticks) >= _NOON else "AM"


def _decimals(count: int) -> Callable[[int], str]:
    return lambda ticks: f"{ticks % TICKS_PER_SECOND:0{_DECIMALS}}"[:count]


def _needed_decimals(count: int) -> Callable[[int], str]:
    """Without the zeros at the end. The point before them stays, as in the example of the page."""
    return lambda ticks: _decimals(count)(ticks).rstrip("0")


_ELEMENTS: Final[dict[str, Callable[[int], str]]] = {
    "yyyy": _number("year", 4),
    "yy": _year(2),
    "y": _year(1),
    "hh": _hour_of_half_day(2),
    "h": _hour_of_half_day(1),
    "tt": _half_day,
    **{letter * width: _number(_PARTS[letter], width) for letter in "MdHms" for width in (1, 2)},
    **{"f" * count: _decimals(count) for count in range(1, _DECIMALS + 1)},
    **{"F" * count: _needed_decimals(count) for count in range(1, _DECIMALS + 1)},
}
