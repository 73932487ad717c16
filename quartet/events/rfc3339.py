"""Points in time on the wire: RFC 3339, always with an offset, always UTC once they are inside."""

import re
from datetime import UTC, datetime
from typing import Final

# RFC 3339 allows any number of digits after the second. Python's own parser takes forms that RFC 3339 does not know,
# and not the same ones in every version: the form is checked here.
_DAY: Final = r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_CLOCK: Final = r"[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?"
_OFFSET: Final = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_SHAPE = re.compile(rf"[0-9]{{4}}-{_DAY}{_CLOCK}([Zz]|[+-]{_OFFSET})\Z")
TIME_PATTERN: Final = (
    rf"^(((19[7-9][0-9]|[2-8][0-9]{{3}})-{_DAY}){_CLOCK}([Zz]|[+-]{_OFFSET})"
    rf"|1969-12-31{_CLOCK}-{_OFFSET}|9000-01-01{_CLOCK}\+{_OFFSET})$"
)
"""The form for a JSON Schema, with the years of the range.

A pattern cannot compute with the offset: of the days on both sides of each end it takes every time of day.
"""
# Deadlines are computed from these times: far from the calendar's ends no sum can overflow.
_FIRST, _END = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
_MESSAGE = "must be an RFC 3339 time with an offset, such as 2026-03-01T12:00:00Z"


def parse_time(text: object) -> datetime:
    """Read an RFC 3339 date-time as aware UTC; digits beyond microseconds are cut off.

    Raises:
        ValueError: If it is not text, has another form or no offset, names no real moment (a leap second is none
            to Python), or lies before 1970 or after 8999, both in UTC.
    """
    if not isinstance(text, str) or not _SHAPE.match(text):
        raise ValueError(_MESSAGE)
    try:
        return in_utc(datetime.fromisoformat(text.upper()))
    except ValueError as error:
        raise ValueError(f"{_MESSAGE} ({error})") from None


def in_utc(moment: datetime) -> datetime:
    """The same moment, in UTC.

    Raises:
        ValueError: If it has no time zone, or lies before 1970 or after 8999, both in UTC.
    """
    if moment.tzinfo is None:
        raise ValueError("must have a time zone")
    # Comparing does not overflow where converting would.
    if not _FIRST <= moment < _END:
        raise ValueError("must lie between 1970 and 9000, in UTC")
    return moment.astimezone(UTC)


def format_time(moment: datetime) -> str:
    """Write an aware UTC time as RFC 3339, with `Z`."""
    return moment.isoformat().replace("+00:00", "Z")
