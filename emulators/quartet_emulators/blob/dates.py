"""Dates as HTTP writes them (RFC 1123), in whole seconds."""

from email.utils import formatdate, parsedate_to_datetime


def http_date(time: float) -> str:
    """Write seconds since the epoch."""
    return formatdate(time, usegmt=True)


def read_http_date(text: str) -> float:
    """Read a date as seconds since the epoch.

    Raises:
        ValueError: it is none.
    """
    try:
        return parsedate_to_datetime(text).timestamp()
    except OverflowError as error:
        raise ValueError(f"no date of this era: {text!r}") from error
