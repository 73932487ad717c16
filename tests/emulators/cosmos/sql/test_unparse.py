"""Trees as text: parsed again, the text of a tree gives the same tree."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quartet_emulators.cosmos.errors import CosmosError
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.sql import nodes
from quartet_emulators.cosmos.sql.parser import parse_query
from quartet_emulators.cosmos.sql.unparse import unparse, unparse_expression
from quartet_emulators.cosmos.sql.values import UNDEFINED

TESTS = Path(__file__).parents[1]
FEWEST = 300


def texts_in_tests() -> Iterator[str]:
    """Each text in the tests of the Cosmos DB emulator that the parser takes for a query."""
    for path in sorted(TESTS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from (node.value, f"SELECT VALUE {node.value} FROM c")


def queries_in_tests() -> Iterator[nodes.Query]:
    for text in dict.fromkeys(texts_in_tests()):
        try:
            yield parse_query(text)
        except CosmosError:
            continue


def test_the_queries_of_all_tests_survive() -> None:
    found = list(queries_in_tests())
    assert len(found) > FEWEST
    for tree in found:
        text = unparse(tree)
        again = parse_query(text)
        assert unparse(again) == text
        assert again == tree or "NaN" in text  # which is not equal to itself
        assert parse_query(unparse(tree, " ")) == again or "NaN" in text


CONSTANTS = st.one_of(
    st.integers(0, 2**70),
    st.floats(0, allow_nan=False),
    st.text(st.characters(codec="utf-8")),
    st.sampled_from([True, False, None, UNDEFINED]),
).map(nodes.Literal)
NAMES = st.sampled_from(["c", "bed", "größe", "x_1", "value", "order", "a b", '"', "\\", ""])
LEAVES = st.one_of(CONSTANTS, st.just(nodes.Name("c")), st.just(nodes.Parameter("@p")))
OPERATORS = st.sampled_from(
    ["??", "||", "|", "^", "&", "=", "!=", "<", "<=", ">", ">=", "<<", ">>", ">>>", "+", "-", "*", "/", "%"]
)


def composed(parts: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    several = st.lists(parts, min_size=2, max_size=4).map(tuple)
    any_number = st.lists(parts, max_size=3).map(tuple)
    members = st.lists(st.tuples(NAMES, parts), max_size=3).map(tuple)
    row = parts.map(lambda part: nodes.Query((nodes.SelectItem(part, None),), value=True))
    return st.one_of(
        st.builds(nodes.Member, parts, NAMES.map(nodes.Literal) | parts),
        st.builds(nodes.Unary, st.sampled_from(["NOT", "-", "+", "~"]), parts),
        st.builds(nodes.Binary, OPERATORS, parts, parts),
        st.builds(nodes.Logical, st.sampled_from(["AND", "OR"]), several),
        st.builds(nodes.In, parts, several),
        st.builds(nodes.Between, parts, parts, parts),
        st.builds(nodes.Like, parts, parts, st.sampled_from([None, "!", '"', "\\"])),
        st.builds(nodes.Conditional, parts, parts, parts),
        st.builds(nodes.FunctionCall, st.sampled_from(["ABS", "COUNT", "ST_DISTANCE"]), any_number),
        st.builds(nodes.ArrayLiteral, any_number),
        st.builds(nodes.ObjectLiteral, members),
        st.builds(nodes.Subquery, st.sampled_from(["EXISTS", "ARRAY", "SCALAR"]), row),
    )


@given(st.recursive(LEAVES, composed, max_leaves=12))
def test_any_expression_survives(expression: nodes.Expression) -> None:
    tree = nodes.Query((nodes.SelectItem(expression, None),), value=True)
    assert parse_query(unparse(tree)) == tree


def test_long_chains_stay_flat() -> None:
    """Brackets within a chain would nest deeper than a query may."""
    for operator in ("+", "||", "=", "??", "AND", "OR"):
        tree = parse_query(f"SELECT VALUE {f' {operator} '.join(['c.n'] * 300)} FROM c")
        assert parse_query(unparse(tree)) == tree


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("c.n+1 * 2", "(c.n + 1 * 2)"),
        ("(c.n+1) * 2", "((c.n + 1) * 2)"),
        ("a - (b - c)", "(a - (b - c))"),
        ("- -c.n", "(-(-c.n))"),
        ("""c["n"]['with space'][0]""", """c.n["with space"][0]"""),
        ("not c.ok and c.n between 1 and 2", "((NOT c.ok) AND (c.n BETWEEN 1 AND 2))"),
        ("lower(c.name) LIKE 'x!%' ESCAPE '!'", """(LOWER(c.name) LIKE "x!%" ESCAPE "!")"""),
        ("c.a ?? c.b ?? 1", "(c.a ?? c.b ?? 1)"),
        ("c.n ? {a: [1]} : undefined", '(c.n ? {"a": [1]} : undefined)'),
        (
            "exists(select value t from t in c.tags where t=@t)",
            "EXISTS(SELECT VALUE t FROM t IN c.tags WHERE (t = @t))",
        ),
    ],
)
def test_brackets_stand_around_operations(text: str, expected: str) -> None:
    [item] = parse_query(f"SELECT VALUE {text}").items or ()
    assert unparse_expression(item.expression) == expected


def test_clauses_are_written_in_their_order() -> None:
    text = (
        "select distinct top 5 c.id, l.n as n from beds c join l in c.lines join (select * from x in l.parts) "
        "where l.n>1 order by c.id desc, c.n"
    )
    assert unparse(parse_query(text)).splitlines() == [
        "SELECT DISTINCT TOP 5 c.id, l.n AS n",
        "FROM beds AS c",
        "JOIN l IN c.lines",
        "JOIN (SELECT * FROM x IN l.parts)",
        "WHERE (l.n > 1)",
        "ORDER BY c.id DESC, c.n",
    ]
    grouped = "SELECT COUNT(1)\nFROM c.lines AS lines\nGROUP BY lines.n\nOFFSET 1 LIMIT @n"
    assert unparse(parse_query(grouped.lower())) == grouped
