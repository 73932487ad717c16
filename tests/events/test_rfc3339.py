"""Times: the moment counts, not how it is written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quartet.events import format_time, parse_time

FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(8999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1970-01-01T00:00:00Z", FIRST),
        ("1969-12-31T23:00:00-01:00", FIRST),
        ("1970-01-01T23:59:00+23:59", FIRST),
        ("8999-12-31T23:59:59.999999Z", LAST),
        ("8999-12-31T23:59:59.99999999999999999999999999Z", LAST),
        ("9000-01-01T00:59:59.999999+01:00", LAST),
    ],
)
def test_a_moment_inside_the_range_is_read_whatever_year_is_written(text: str, moment: datetime) -> None:
    assert parse_time(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "1970-01-01T00:00:00+01:00",
        "1969-12-31T23:59:59.999999Z",
        "8999-12-31T23:30:00-01:00",
        "9000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
    ],
)
def test_a_moment_outside_the_range_is_refused_whatever_year_is_written(text: str) -> None:
    with pytest.raises(ValueError, match="must lie between 1970 and 9000, in UTC"):
        parse_time(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T24:00:00Z",
        "2026-03-01T12:00:60Z",
        "2026-02-29T12:00:00Z",
        "2026-00-01T12:00:00Z",
        "2026-03-01T12:00:00+24:00",
        "2026-03-01T12:00:00+01:60",
        "2026-03-01T12:00:00+0100",
        "2026-03-01T12:00:00Z\n",
        "2026-03-01T12:00:00,5Z",
        "2026-03-01T12:00:00.Z",
        "2026-03-01 12:00:00Z",
        "2026-03-01T12:00Z",
        "2026-W09-7T12:00:00Z",
        "٢٠٢٦-03-01T12:00:00Z",
        "",
        None,
        1772366400,
    ],
)
def test_what_rfc_3339_does_not_know_is_refused_on_every_python(text: object) -> None:
    with pytest.raises(ValueError, match="must be an RFC 3339 time with an offset"):
        parse_time(text)


_OFFSETS = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(datetime(1969, 12, 30), datetime(9000, 1, 3)), _OFFSETS)  # noqa: DTZ001 - the zone is drawn
def test_what_is_accepted_is_accepted_again_as_it_is_written(local: datetime, zone: timezone) -> None:
    """The command line reads a time and writes it; the services read what it wrote."""
    moment = local.replace(tzinfo=zone)
    try:
        read = parse_time(moment.isoformat())
    except ValueError:
        assert not FIRST <= moment <= LAST
    else:
        assert read == moment
        assert FIRST <= moment <= LAST
        assert parse_time(format_time(read)) == read
        assert read.tzinfo is UTC


@given(st.text() | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d*)?(Z|[+-]\d\d:\d\d)"))
def test_any_other_text_is_refused_and_nothing_else_is_raised(text: str) -> None:
    try:
        read = parse_time(text)
    except ValueError:
        return
    assert parse_time(format_time(read)) == read
