"""Queries for single ranges, in the forms that the .NET SDK holds the service's plans to (QueryPlanBaselineTests)."""

from typing import Final

import pytest
from quartet_emulators.cosmos.errors import CosmosError
from quartet_emulators.cosmos.sql.compile import compiled
from quartet_emulators.cosmos.sql.parser import parse_query
from quartet_emulators.cosmos.sql.rewriting import FILTER, Rewritten, rewritten
from quartet_emulators.cosmos.sql.unparse import unparse

SEVEN: Final = 7


def done(text: str) -> Rewritten:
    """The query for ranges of which a client needs seven rows."""
    compiled(text)  # only what is accepted is planned
    return rewritten(parse_query(text), SEVEN)


def sent(text: str) -> str:
    """The text for ranges on one line; the original is ``""``. The emulator itself has to accept it."""
    query = done(text).query
    if query is None:
        return ""
    written = unparse(query)
    compiled(written.replace(FILTER, "true"))
    return written.replace("\n", " ")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM c WHERE c.n > 1",
        "SELECT DISTINCT c.ward FROM c",
        "SELECT TOP 7 * FROM c",
        "SELECT VALUE s FROM c JOIN (SELECT VALUE t FROM t IN c.tags GROUP BY t) AS s",
    ],
)
def test_what_clients_merge_without_help_is_sent_as_it_is(text: str) -> None:
    assert done(text).query is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "SELECT * FROM beds b ORDER BY b.ward",
            (
                'SELECT b._rid, [{"item": b.ward}] AS orderByItems, b AS payload FROM beds AS b'
                f" WHERE ({FILTER}) ORDER BY b.ward"
            ),
        ),
        (
            "SELECT TOP 7 b.ward, b.tags[0] FROM b WHERE b.state = 'free' ORDER BY b.ward DESC, b.since",
            (
                'SELECT TOP 7 b._rid, [{"item": b.ward}, {"item": b.since}] AS orderByItems,'
                ' {"ward": b.ward, "$1": b.tags[0]} AS payload FROM b'
                f' WHERE ((b.state = "free") AND ({FILTER})) ORDER BY b.ward DESC, b.since'
            ),
        ),
        (
            "SELECT VALUE b.ward FROM b ORDER BY b.since OFFSET 4 LIMIT 3",
            (
                'SELECT b._rid, [{"item": b.since}] AS orderByItems, b.ward AS payload FROM b'
                f" WHERE (({FILTER}) AND IS_DEFINED(b.ward)) ORDER BY b.since OFFSET 0 LIMIT 7"
            ),
        ),
        (
            "SELECT DISTINCT VALUE b.ward FROM b ORDER BY b.ward OFFSET 4 LIMIT 3",
            (
                'SELECT b._rid, [{"item": b.ward}] AS orderByItems, b.ward AS payload FROM b'
                f" WHERE (({FILTER}) AND IS_DEFINED(b.ward)) ORDER BY b.ward"
            ),
        ),
    ],
)
def test_sorted_rows_carry_their_keys(text: str, expected: str) -> None:
    assert sent(text) == expected


def test_different_rows_follow_each_other_only_if_they_are_what_is_sorted_by() -> None:
    kinds = {
        "SELECT DISTINCT VALUE c.a FROM c": "Unordered",
        "SELECT DISTINCT VALUE c.a FROM c ORDER BY c.a": "Ordered",
        "SELECT DISTINCT c.b, c.a FROM c ORDER BY c.a, c.b, c.c": "Ordered",
        "SELECT DISTINCT c.a, c.b FROM c ORDER BY c.a": "Unordered",
        "SELECT DISTINCT VALUE c.a FROM c ORDER BY c.b, c.a": "Unordered",
        "SELECT DISTINCT * FROM c ORDER BY c.a": "Unordered",
        "SELECT VALUE c.a FROM c ORDER BY c.a": "None",
    }
    assert {text: done(text).distinct for text in kinds} == kinds


def test_only_rows_that_are_not_merged_again_are_cut() -> None:
    assert sent("SELECT b.ward FROM b OFFSET 4 LIMIT 3") == "SELECT b.ward FROM b OFFSET 0 LIMIT 7"
    assert sent("SELECT DISTINCT TOP 7 VALUE b.ward FROM b") == "SELECT DISTINCT VALUE b.ward FROM b"
    assert sent("SELECT DISTINCT b.ward FROM b OFFSET 4 LIMIT 3") == "SELECT DISTINCT b.ward FROM b"
    assert sent("SELECT TOP 7 VALUE COUNT(1) FROM b") == 'SELECT VALUE [{"item": COUNT(1)}] FROM b'
    one_group = 'SELECT [{"item": b.ward}] AS groupByItems, b.ward AS payload FROM b GROUP BY b.ward'
    assert sent("SELECT TOP 7 VALUE b.ward FROM b GROUP BY b.ward") == one_group


@pytest.mark.parametrize(
    ("aggregate", "part", "operator"),
    [
        ("COUNT(c.n)", '{"item": COUNT(c.n)}', "Count"),
        ("COUNTIF(c.ok)", '{"item": COUNTIF(c.ok)}', "CountIf"),
        ("SUM(c.n + 1)", '{"item": SUM((c.n + 1))}', "Sum"),
        ("AVG(c.n)", '{"item": {"sum": SUM(c.n), "count": COUNT(c.n)}}', "Average"),
        ("MIN(c.n)", '{"item": MIN(c.n), "item2": {"min": MIN(c.n), "count": COUNT(c.n)}}', "Min"),
        ("MAX(c.n)", '{"item": MAX(c.n), "item2": {"max": MAX(c.n), "count": COUNT(c.n)}}', "Max"),
        ("MAKELIST(c.n)", '{"item": MAKELIST(c.n)}', "MakeList"),
        ("MAKESET(c.n)", '{"item": MAKESET(c.n)}', "MakeSet"),
    ],
)
def test_aggregates_come_in_parts_that_can_be_added_up(aggregate: str, part: str, operator: str) -> None:
    one = f"SELECT VALUE {aggregate} FROM c WHERE c.n > 1 ORDER BY c.n"
    assert sent(one) == f"SELECT VALUE [{part}] FROM c WHERE (c.n > 1) ORDER BY c.n"
    assert (done(one).aggregate, done(one).columns, done(one).order_by) == (operator, (), ())
    named = f"SELECT {aggregate} AS total, {aggregate} FROM c"
    assert sent(named) == f'SELECT {{"total": {part}, "$1": {part}}} AS payload FROM c'
    assert (done(named).aggregate, done(named).columns) == (None, (("total", operator), ("$1", operator)))
    grouped = f"SELECT VALUE {aggregate} FROM c GROUP BY c.ward"
    assert sent(grouped) == f'SELECT [{{"item": c.ward}}] AS groupByItems, [{part}] AS payload FROM c GROUP BY c.ward'
    assert done(grouped).aggregate == operator


def test_groups_carry_their_keys() -> None:
    text = "SELECT c.ward, COUNT(1) AS beds, UPPER(c.state) FROM c GROUP BY c.ward, UPPER(c.state)"
    assert sent(text) == (
        'SELECT [{"item": c.ward}, {"item": UPPER(c.state)}] AS groupByItems,'
        ' {"ward": c.ward, "beds": {"item": COUNT(1)}, "$1": UPPER(c.state)} AS payload'
        " FROM c GROUP BY c.ward, UPPER(c.state)"
    )
    assert done(text).columns == (("ward", None), ("beds", "Count"), ("$1", None))


def test_clients_count_different_rows() -> None:
    for selected, name in (("VALUE COUNT(1)", ""), ("COUNT(1) AS wards", "wards"), ("COUNT(1)", "$1")):
        text = f"SELECT {selected} FROM (SELECT DISTINCT VALUE c.ward FROM c WHERE c.n > 1)"
        assert sent(text) == "SELECT DISTINCT VALUE c.ward FROM c WHERE (c.n > 1)"
        assert (done(text).counted, done(text).distinct) == (name, "Unordered")


@pytest.mark.parametrize(
    "selected",
    ["COUNT(1) + 5", "COUNT(1) + SUM(c.n)", "VALUE {'sum': SUM(c.n)}", "VALUE [SUM(c.n)]", "VALUE FLOOR(AVG(c.n))"],
)
def test_aggregates_within_expressions_are_refused_as_in_the_service(selected: str) -> None:
    with pytest.raises(CosmosError, match="Compositions of aggregates and other expressions are not allowed"):
        done(f"SELECT {selected} FROM c")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT VALUE SUM(s) FROM (SELECT DISTINCT VALUE c.n FROM c) s",
        "SELECT VALUE COUNT(1) FROM (SELECT TOP 3 * FROM c) s",
        "SELECT TOP 3 * FROM (SELECT VALUE COUNT(1) FROM c) s",
        "SELECT DISTINCT * FROM (SELECT * FROM (SELECT c.n FROM c GROUP BY c.n) t) s",
        "SELECT VALUE COUNT(1) FROM (SELECT DISTINCT TOP 3 VALUE c.n FROM c) s",
    ],
)
def test_rows_of_sub_queries_are_not_merged(text: str) -> None:
    with pytest.raises(CosmosError, match="does not support merging rows of a sub-query"):
        done(text)
