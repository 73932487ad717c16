import pytest
from quartet_emulators.cosmos.errors import CosmosError
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.sql.values import UNDEFINED

from tests.emulators.cosmos.sql.evaluation import value


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("DateTimeAdd('yyyy', 1, '2021-05-09T10:20:30.1234567Z')", "2022-05-09T10:20:30.1234567Z"),
        ("DateTimeAdd('month', -5, '2021-05-09T10:20:30')", "2020-12-09T10:20:30.0000000Z"),
        ("DateTimeAdd('mm', 1, '2023-01-31')", "2023-02-28T00:00:00.0000000Z"),
        ("DateTimeAdd('yy', 1, '2024-02-29')", "2025-02-28T00:00:00.0000000Z"),
        ("DateTimeAdd('d', 1, '2024-02-28')", "2024-02-29T00:00:00.0000000Z"),
        ("DateTimeAdd('hh', -1, '2021-05-09')", "2021-05-08T23:00:00.0000000Z"),
        ("DateTimeAdd('mi', 90, '2021-05-09')", "2021-05-09T01:30:00.0000000Z"),
        ("DateTimeAdd('ss', 5 * -5, '2021-05-09')", "2021-05-08T23:59:35.0000000Z"),
        ("DateTimeAdd('ms', 1, '2021-05-09')", "2021-05-09T00:00:00.0010000Z"),
        ("DateTimeAdd('mcs', 1, '2021-05-09')", "2021-05-09T00:00:00.0000010Z"),
        ("DateTimeAdd('ns', 250, '2021-05-09')", "2021-05-09T00:00:00.0000002Z"),
        ("DateTimeAdd('ns', -99, '2021-05-09')", "2021-05-09T00:00:00.0000000Z"),
        ("DateTimeAdd('dd', 2.0, '2021-05-09')", "2021-05-11T00:00:00.0000000Z"),
        ("DateTimeAdd('dd', 0.5, '2021-05-09')", UNDEFINED),
        ("DateTimeAdd('dd', '1', '2021-05-09')", UNDEFINED),
        ("DateTimeAdd('DD', 1, '2021-05-09')", UNDEFINED),
        ("DateTimeAdd('week', 1, '2021-05-09')", UNDEFINED),
        ("DateTimeAdd('dd', 1, '2021-5-9')", UNDEFINED),
        ("DateTimeAdd('dd', 1, c.n)", UNDEFINED),
        ("DateTimeAdd('yyyy', 8000, '2021-05-09')", UNDEFINED),
        ("DateTimeAdd('dd', -1, '0001-01-01')", UNDEFINED),
        ("DateTimeAdd('dd', 1, '9999-12-31')", UNDEFINED),
    ],
)
def test_adding_to_a_date(call: str, expected: Json) -> None:
    assert value(call) == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("DateTimeDiff('yyyy', '2019-12-31T23:00:00', '2020-01-01T01:00:00')", 1),
        ("DateTimeDiff('mm', '2019-12-31T23:00:00', '2020-01-01T01:00:00')", 1),
        ("DateTimeDiff('dd', '2019-12-31T23:00:00', '2020-01-01T01:00:00')", 1),
        ("DateTimeDiff('hh', '2019-12-31T23:59:00', '2020-01-01T01:00:00')", 2),
        ("DateTimeDiff('mi', '2020-01-01T01:00:00', '2019-12-31T23:00:00')", -120),
        ("DateTimeDiff('ms', '1969-12-31T23:59:59.9999999', '1970-01-01')", 1),
        ("DateTimeDiff('ns', '2020-01-01', '2020-01-01T00:00:00.0000003Z')", 300),
        ("DateTimeDiff('ss', '2019-12-31T23:59:59', '2020-01-01T00:00:00Z')", 1),
        ("DateTimeDiff('fortnight', '2020-01-01', '2020-01-02')", UNDEFINED),
        ("DateTimeDiff('dd', '2020-01-01', 'later')", UNDEFINED),
    ],
)
def test_a_difference_counts_the_boundaries_between(call: str, expected: Json) -> None:
    assert value(call) == expected


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("year", 2016),
        ("m", 5),
        ("dd", 29),
        ("hour", 8),
        ("n", 31),
        ("s", 7),
        ("ms", 130),
        ("mcs", 130161),
        ("ns", 130161700),
        ("weekday", UNDEFINED),
    ],
)
def test_parts_of_a_date(part: str, expected: Json) -> None:
    assert value(f"DateTimePart('{part}', '2016-05-29T08:31:07.1301617Z')") == expected


def test_parts_before_1970_count_forwards() -> None:
    assert value("[DateTimePart('hh', '1969-12-31T23:59:58.9'), DateTimePart('ms', '1969-12-31T23:59:58.9')]") == [
        23,
        900,
    ]
    assert value("[YEAR('2024-12-31'), MONTH('2024-12-31T10:00:00'), DAY('2024-12-31Z'), DAY('no')]") == [2024, 12, 31]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("'dd'", "2021-01-08T00:00:00.0000000Z"),
        ("'hh', 5", "2021-01-08T15:00:00.0000000Z"),
        ("'dd', 7", "2021-01-07T00:00:00.0000000Z"),
        ("'dd', 7, '1601-01-01T00:00:00.0000000'", "2021-01-04T00:00:00.0000000Z"),
        ("'dd', 7, '2021-01-10'", "2021-01-03T00:00:00.0000000Z"),
        ("'ns', 70", "2021-01-08T18:35:00.1234567Z"),
        ("'ns', 1000", "2021-01-08T18:35:00.1234560Z"),
        ("'dd', 0", UNDEFINED),
        ("'dd', -7", UNDEFINED),
        ("'dd', 1.5", UNDEFINED),
        ("'mm', 1", UNDEFINED),
        ("'year'", UNDEFINED),
        ("'dd', 1, '1600-12-31'", UNDEFINED),
    ],
)
def test_bins_begin_at_their_start(arguments: str, expected: Json) -> None:
    assert value(f"DateTimeBin('2021-01-08T18:35:00.1234567Z', {arguments})") == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("2017, 4, 20", "2017-04-20T00:00:00.0000000Z"),
        ("2017, 4, 20, 13, 15, 20, 3456789", "2017-04-20T13:15:20.3456789Z"),
        ("2017, 2, 29", UNDEFINED),
        ("2017, 4, 20, 24", UNDEFINED),
        ("2017, 4, 20, 0, 0, 0, 10000000", UNDEFINED),
        ("2017, 4, 20.5", UNDEFINED),
        ("-2000, -1, -1", UNDEFINED),
        ("'2017', 4, 20", UNDEFINED),
    ],
)
def test_a_date_from_its_parts(arguments: str, expected: Json) -> None:
    assert value(f"DateTimeFromParts({arguments})") == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("DateTimeToTicks('2015-05-19T12:00:00')", 14320368000000000),
        ("DateTimeToTicks('1969-12-31T23:59:59.9999999')", -1),
        ("DateTimeToTimestamp('2015-05-19T12:00:00.0019Z')", 1432036800001),
        ("DateTimeToTimestamp('May 2015')", UNDEFINED),
        ("TicksToDateTime(15973607943002652)", "2020-08-13T23:19:54.3002652Z"),
        ("TicksToDateTime(-116444736000000000)", "1601-01-01T00:00:00.0000000Z"),
        ("TicksToDateTime(0.5)", UNDEFINED),
        ("TicksToDateTime(1e30)", UNDEFINED),
        ("TimestampToDateTime(1597360794300)", "2020-08-13T23:19:54.3000000Z"),
        ("TimestampToDateTime('0')", UNDEFINED),
    ],
)
def test_ticks_and_timestamps(call: str, expected: Json) -> None:
    assert value(call) == expected


@pytest.mark.parametrize(
    ("text", "is_date"),
    [
        ("2024-12-12", True),
        ("2024-12-12Z", True),
        ("2024-12-12 20:21:25", True),
        ("2024-12-12T20:21:25.1234567Z", True),
        ("2024-12-12T20Z", False),
        ("2024-12-12 20:21:25.", False),
        ("2024-12-12T20:21:25.12345678Z", False),
        ("2024-12-12T20:21:25+01:00", False),
        ("2024-13-12", False),
        ("2024-12-12T24:00:00", False),
        ("2024-12-12\\n", False),
    ],
)
def test_the_form_of_a_date(text: str, is_date: bool) -> None:
    assert value(f"IS_DATETIME('{text}')") is is_date


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("GetCurrentTimestamp()", 1_800_000_000_500),
        ("GetCurrentTicks()", 18_000_000_005_000_000),
        ("GetCurrentTicksStatic()", 18_000_000_005_000_000),
        ("GetCurrentDateTimeStatic()", "2027-01-15T08:00:00.5000000Z"),
        ("NOW()", "2027-01-15T08:00:00.5000000Z"),
        ("NOW('mm', 1)", "2027-02-15T08:00:00.5000000Z"),
        ("NOW('mm')", UNDEFINED),
        ("AGO('ss', 1)", "2027-01-15T07:59:59.5000000Z"),
        ("AGO('yyyy', -1)", "2028-01-15T08:00:00.5000000Z"),
        ("AGO('yyyy', 'x')", UNDEFINED),
    ],
)
def test_the_current_time(call: str, expected: Json) -> None:
    assert value(call) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("yyyyMMdd", "20241010"),
        ("yyyy-MM-dd [HH:mm:ss]", "2024-10-10 [14:40:20]"),
        (r"To\\da\\y i\\s: yyyy-MM-ddTHH:mm:ss.fff", "Today is: 2024-10-10T14:40:20.000"),
        (r"To\\da\\y i\\s: yyyy-MM-ddTHH:mm:ss.FFF", "Today is: 2024-10-10T14:40:20."),
    ],
)
def test_a_formatted_date(pattern: str, expected: str) -> None:
    """The examples of the page DATETIMEFORMAT."""
    assert value(f"DateTimeFormat('2024-10-10 14:40:20', '{pattern}')") == expected


@pytest.mark.parametrize(
    ("moment", "pattern", "expected"),
    [
        ("2024-03-04T00:05:06.0700000Z", "y yy M d H h hh m s tt", "24 24 3 4 0 12 12 5 6 AM"),
        ("2005-03-04T13:05:06.0700000Z", "y yy h:mm tt", "5 05 1:05 PM"),
        ("2024-03-04T13:05:06.0700000Z", "f ff fffffff F FF FFFFFFF", "0 07 0700000  07 07"),
        ("2024-03-04", "", ""),
        ("2024-03-04", "MMM", UNDEFINED),
        ("2024-03-04", "ffffffff", UNDEFINED),
        ("March 2024", "yyyy", UNDEFINED),
    ],
)
def test_elements_of_a_format(moment: str, pattern: str, expected: Json) -> None:
    """Those of Kusto's page format_datetime(), where Microsoft's own page shows none; others make it undefined."""
    assert value(f"DateTimeFormat('{moment}', '{pattern}')") == expected


@pytest.mark.parametrize("call", ["AGO()", "GetCurrentTicks(1)", "DateTimeFromParts(2017, 4)", "DateTimeFormat('')"])
def test_wrong_calls_are_refused(call: str) -> None:
    with pytest.raises(CosmosError) as error:
        value(call)
    assert error.value.status == 400
