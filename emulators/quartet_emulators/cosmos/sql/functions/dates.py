"""Functions on dates and times.

A date is a text ``YYYY-MM-DD``, alone or with a time, in UTC. The names of parts are in lower case. Anything else is
undefined, and so is a result before the year 1 or after the year 9999.
"""

from collections.abc import Callable
from typing import Final

from quartet_emulators.cosmos.sql.functions.date_format import format_moment
from quartet_emulators.cosmos.sql.functions.moments import (
    PARTS,
    UNITS,
    count_of,
    moved,
    part_of,
    text_of,
    ticks_from_parts,
    ticks_of,
)
from quartet_emulators.cosmos.sql.functions.signatures import Function, Signature, whole_number
from quartet_emulators.cosmos.sql.values import UNDEFINED, Value

_TICKS_PER_MILLISECOND: Final = UNITS["millisecond"]
_PARTS_OF_A_MOMENT: Final = 7
_PART_AND_COUNT: Final = 2
_EARLIEST_BIN: Final = ticks_from_parts(1601, 1, 1, 0, 0, 0, 0) or 0


def _ticks(value: Value) -> int | None:
    return ticks_of(value) if type(value) is str else None


def _part(value: Value) -> str | None:
    return PARTS.get(value) if type(value) is str else None


def _text(ticks: int | None) -> Value:
    text = None if ticks is None else text_of(ticks)
    return UNDEFINED if text is None else text


def _date_time_add(part: Value, count: Value, moment: Value) -> Value:
    name, number, ticks = _part(part), whole_number(count), _ticks(moment)
    if name is None or number is None or ticks is None:
        return UNDEFINED
    return _text(moved(name, number, ticks))


def _date_time_bin(moment: Value, part: Value, size: Value = 1, start: Value = "1970-01-01") -> Value:
    """Years and months differ in length and have no bins. Nanoseconds are counted in ticks of 100."""
    ticks, name, number, origin = _ticks(moment), _part(part), whole_number(size), _ticks(start)
    if ticks is None or number is None or origin is None or name in {None, "year", "month"}:
        return UNDEFINED
    if number <= 0 or origin < _EARLIEST_BIN:
        return UNDEFINED
    length = max(1, number // 100) if name == "nanosecond" else number * UNITS[name]
    return _text(origin + (ticks - origin) // length * length)


def _date_time_diff(part: Value, start: Value, end: Value) -> Value:
    """How many boundaries of the part lie between: an hour may be a day."""
    name, first, second = _part(part), _ticks(start), _ticks(end)
    if name is None or first is None or second is None:
        return UNDEFINED
    return count_of(name, second) - count_of(name, first)


def _date_time_from_parts(*parts: Value) -> Value:
    numbers = [whole_number(part) for part in parts]
    if None in numbers:
        return UNDEFINED
    given = [number for number in numbers if number is not None]
    return _text(ticks_from_parts(*given, *[0] * (_PARTS_OF_A_MOMENT - len(given))))


def _date_time_part(part: Value, moment: Value) -> Value:
    name, ticks = _part(part), _ticks(moment)
    return UNDEFINED if name is None or ticks is None else part_of(name, ticks)


def _only_part(name: str) -> Function:
    return lambda moment: _date_time_part(name, moment)


def _since_epoch(ticks_per_unit: int) -> Function:
    def call(moment: Value) -> Value:
        ticks = _ticks(moment)
        return UNDEFINED if ticks is None else ticks // ticks_per_unit

    return call


def _from_epoch(ticks_per_unit: int) -> Function:
    def call(count: Value) -> Value:
        number = whole_number(count)
        return UNDEFINED if number is None else _text(number * ticks_per_unit)

    return call


def _now(ticks: int, *offset: Value) -> Value:
    """The current time, or that time and a number of parts."""
    if not offset:
        return _text(ticks)
    return _date_time_add(*offset, text_of(ticks)) if len(offset) == _PART_AND_COUNT else UNDEFINED


def _ago(ticks: int, part: Value, count: Value) -> Value:
    number = whole_number(count)
    return UNDEFINED if number is None else _now(ticks, part, -number)


def _milliseconds(ticks: int) -> Value:
    return ticks // _TICKS_PER_MILLISECOND


def _unchanged(ticks: int) -> Value:
    return ticks


DATE_FUNCTIONS: Final = {
    "DATETIMEADD": Signature(_date_time_add, 3, 3),
    "DATETIMEBIN": Signature(_date_time_bin, 2, 4),
    "DATETIMEDIFF": Signature(_date_time_diff, 3, 3),
    "DATETIMEFORMAT": Signature(format_moment, 2, 2),
    "DATETIMEFROMPARTS": Signature(_date_time_from_parts, 3, _PARTS_OF_A_MOMENT),
    "DATETIMEPART": Signature(_date_time_part, 2, 2),
    "DATETIMETOTICKS": Signature(_since_epoch(1), 1, 1),
    "DATETIMETOTIMESTAMP": Signature(_since_epoch(_TICKS_PER_MILLISECOND), 1, 1),
    "TICKSTODATETIME": Signature(_from_epoch(1), 1, 1),
    "TIMESTAMPTODATETIME": Signature(_from_epoch(_TICKS_PER_MILLISECOND), 1, 1),
    "YEAR": Signature(_only_part("year"), 1, 1),
    "MONTH": Signature(_only_part("month"), 1, 1),
    "DAY": Signature(_only_part("day"), 1, 1),
    "IS_DATETIME": Signature(lambda value: _ticks(value) is not None, 1, 1),
}

_CURRENT: Final[dict[str, Callable[[int], Value]]] = {
    "GETCURRENTDATETIME": _text,
    "GETCURRENTTICKS": _unchanged,
    "GETCURRENTTIMESTAMP": _milliseconds,
}
CLOCK_FUNCTIONS: Final = {
    **{name: Signature(call, 0, 0) for name, call in _CURRENT.items()},
    **{f"{name}STATIC": Signature(call, 0, 0) for name, call in _CURRENT.items()},
    "NOW": Signature(_now, 0, 2),
    "AGO": Signature(_ago, 2, 2),
}
"""Functions of the moment at which the query is run, which is their first argument, in ticks since 1970."""
