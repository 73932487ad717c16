"""Points in time on the wire: RFC 3339, always with an offset, always UTC once they are inside."""

import re
from datetime import UTC, datetime

_SHAPE = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
# Deadlines are computed from these times: far from the calendar's ends no sum can overflow.
_FIRST_YEAR, _LAST_YEAR = 1970, 9000
_MESSAGE = "must be an RFC 3339 time with an offset, such as 2026-03-01T12:00:00Z"


def parse_time(text: object) -> datetime:
    """Read an RFC 3339 date-time as aware UTC; what is finer than a microsecond is cut off.

    Raises:
        ValueError: If it is not text, has another form or no offset, names no real moment, or lies before
            1970 or after 9000.
    """
    if not isinstance(text, str) or not _SHAPE.fullmatch(text):
        raise ValueError(_MESSAGE)
    try:
        return in_utc(datetime.fromisoformat(text.upper()))
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{_MESSAGE} ({error})") from None


def in_utc(moment: datetime) -> datetime:
    """The same moment, in UTC.

    Raises:
        ValueError: If it has no time zone, or lies before 1970 or after 9000.
    """
    if moment.tzinfo is None:
        raise ValueError("must have a time zone")
    if not _FIRST_YEAR <= moment.year < _LAST_YEAR:
        raise ValueError("must lie between 1970 and 9000")
    return moment.astimezone(UTC)


def format_time(moment: datetime) -> str:
    """Write an aware UTC time as RFC 3339, with `Z`."""
    return moment.isoformat().replace("+00:00", "Z")
