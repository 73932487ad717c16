"""Dates and times of the query language: texts of ISO 8601 in UTC, and ticks of 100 ns since 1970."""

import re
from calendar import monthrange
from datetime import MAXYEAR, UTC, date, datetime
from typing import Final

TICKS_PER_SECOND: Final = 10_000_000
TICKS_PER_DAY: Final = 86_400 * TICKS_PER_SECOND
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = _EPOCH.toordinal()
_FIRST_TICK: Final = (date.min.toordinal() - _EPOCH_DAY) * TICKS_PER_DAY
_LAST_TICK: Final = (date.max.toordinal() + 1 - _EPOCH_DAY) * TICKS_PER_DAY - 1
_TEXT: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,7}))?)?Z?",
    re.ASCII,
)

UNITS: Final = {
    "day": TICKS_PER_DAY,
    "hour": 3_600 * TICKS_PER_SECOND,
    "minute": 60 * TICKS_PER_SECOND,
    "second": TICKS_PER_SECOND,
    "millisecond": TICKS_PER_SECOND // 1_000,
    "microsecond": TICKS_PER_SECOND // 1_000_000,
}
"""The length of the parts that always have the same one, in ticks; nanoseconds are less than a tick."""

PARTS: Final = {
    **dict.fromkeys(("year", "yyyy", "yy"), "year"),
    **dict.fromkeys(("month", "mm", "m"), "month"),
    **dict.fromkeys(("day", "dd", "d"), "day"),
    **dict.fromkeys(("hour", "hh"), "hour"),
    **dict.fromkeys(("minute", "mi", "n"), "minute"),
    **dict.fromkeys(("second", "ss", "s"), "second"),
    **dict.fromkeys(("millisecond", "ms"), "millisecond"),
    **dict.fromkeys(("microsecond", "mcs"), "microsecond"),
    **dict.fromkeys(("nanosecond", "ns"), "nanosecond"),
}
"""The names of the parts of a date and time, and which part each one means."""


def ticks_of(text: str) -> int | None:
    """Read a date, with or without a time of at most seven decimals and a ``Z``; ``None`` if it is not one."""
    match = _TEXT.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(group or 0) for group in match.groups()[:6])
    return ticks_from_parts(year, month, day, hour, minute, second, int((match[7] or "").ljust(7, "0")))


def ticks_from_parts(*parts: int) -> int | None:
    """The moment of year, month, day, hour, minute, second and ticks; ``None`` if there is no such moment."""
    *until_second, fraction = parts
    year, month, day, hour, minute, second = until_second
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    elapsed = moment - _EPOCH
    seconds = elapsed.days * 86_400 + elapsed.seconds
    return seconds * TICKS_PER_SECOND + fraction if 0 <= fraction < TICKS_PER_SECOND else None


def day_of(ticks: int) -> date:
    """The day that a moment is on."""
    return date.fromordinal(ticks // TICKS_PER_DAY + _EPOCH_DAY)


def text_of(ticks: int) -> str | None:
    """``YYYY-MM-DDThh:mm:ss.fffffffZ``; ``None`` for a moment before the year 1 or after the year 9999."""
    if not _FIRST_TICK <= ticks <= _LAST_TICK:
        return None
    seconds, fraction = divmod(ticks % TICKS_PER_DAY, TICKS_PER_SECOND)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{day_of(ticks).isoformat()}T{hour:02}:{minute:02}:{second:02}.{fraction:07}Z"


def part_of(part: str, ticks: int) -> int:
    """A part of a moment: the month of the year, the hour of the day, or the fraction of the second in its unit."""
    day = day_of(ticks)
    if part == "year":
        return day.year
    if part == "month":
        return day.month
    if part == "day":
        return day.day
    if part == "nanosecond":
        return ticks % TICKS_PER_SECOND * 100
    if part in {"millisecond", "microsecond"}:
        return ticks % TICKS_PER_SECOND // UNITS[part]
    return ticks // UNITS[part] % (24 if part == "hour" else 60)


def count_of(part: str, ticks: int) -> int:
    """The number of the year, month, day, ... since a fixed one: the difference of two is what lies between them."""
    day = day_of(ticks)
    if part == "year":
        return day.year
    if part == "month":
        return day.year * 12 + day.month
    return ticks * 100 if part == "nanosecond" else ticks // UNITS[part]


def moved(part: str, count: int, ticks: int) -> int | None:
    """A moment a number of parts later; the 31st becomes the last day of a shorter month. ``None`` if out of range."""
    if part == "nanosecond":
        return ticks + (count // 100 if count >= 0 else -(-count // 100))
    if part in UNITS:
        return ticks + count * UNITS[part]
    day = day_of(ticks)
    months = day.year * 12 + day.month - 1 + count * (12 if part == "year" else 1)
    year, month = divmod(months, 12)
    if not 1 <= year <= MAXYEAR:
        return None
    reached = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    return ticks + (reached.toordinal() - day.toordinal()) * TICKS_PER_DAY
