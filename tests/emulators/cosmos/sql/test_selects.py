import pytest
from quartet_emulators.cosmos.errors import CosmosError
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.sql.compile import compiled

DOCUMENTS: list[dict[str, Json]] = [
    {"id": "1", "kind": "tea", "n": 3, "tags": ["hot", "red"], "maker": {"name": "Ann"}},
    {"id": "2", "kind": "mug", "n": 1, "tags": ["red"], "maker": {"name": "Bob"}},
    {"id": "3", "kind": "tea", "n": 2, "tags": []},
    {"id": "4", "kind": "jam", "n": "many"},
    {"id": "5", "n": None, "tags": "none"},
    {"id": "6", "kind": "jam", "n": True},
]


def rows(query: str, documents: list[Json] | None = None) -> list[Json]:
    return list(compiled(query).rows(DOCUMENTS if documents is None else documents, {}, 0.0))


def ids(tail: str) -> str:
    return "".join(rows(f"SELECT VALUE c.id FROM c {tail}"))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT * FROM c WHERE c.id = '3'", [DOCUMENTS[2]]),
        ("SELECT * FROM Orders WHERE Orders.id = '3'", [DOCUMENTS[2]]),
        ("SELECT * FROM Orders o WHERE o.id = '3'", [DOCUMENTS[2]]),
        ("SELECT * FROM Orders AS o WHERE o.id = '3'", [DOCUMENTS[2]]),
        ("select value root.kind from root where root.id = '1'", ["tea"]),
        ("SELECT c.id, c.kind FROM c WHERE c.n = 1", [{"id": "2", "kind": "mug"}]),
        ("SELECT c.id AS name, c.maker.name AS who FROM c WHERE c.n = 1", [{"name": "2", "who": "Bob"}]),
        ("SELECT c.maker.name FROM c WHERE c.n = 1", [{"name": "Bob"}]),
        ("SELECT c.maker['name'] FROM c WHERE c.n = 1", [{"name": "Bob"}]),
        ("SELECT c.id name FROM c WHERE c.n = 1", [{"name": "2"}]),
        ("SELECT c FROM c WHERE c.n = 1", [{"c": DOCUMENTS[1]}]),
        ("SELECT c.n + 1, c.n - 1, c.id FROM c WHERE c.n = 1", [{"$1": 2, "$2": 0, "id": "2"}]),
        ("SELECT c.id, c.missing FROM c WHERE c.n = 1", [{"id": "2"}]),
        ("SELECT c.missing FROM c WHERE c.n = 1", [{}]),
        ("SELECT VALUE c.missing FROM c", []),
        ("SELECT VALUE {who: c.maker.name} FROM c WHERE c.n = 1", [{"who": "Bob"}]),
        ("SELECT 1 AS one", [{"one": 1}]),
        ("SELECT VALUE 'x'", ["x"]),
        ("SELECT c.id -- what it is called\nFROM c WHERE c.n = 1", [{"id": "2"}]),
        ("SELECT VALUE c.value FROM c", []),
    ],
)
def test_projections(query: str, expected: list[Json]) -> None:
    assert rows(query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT VALUE t FROM t IN c.tags", ["hot", "red", "red"]),
        ("SELECT VALUE m.name FROM c.maker AS m", ["Ann", "Bob"]),
        ("SELECT VALUE tags FROM c.tags", [["hot", "red"], ["red"], [], "none"]),
        ("SELECT c.id, t FROM c JOIN t IN c.tags WHERE t = 'red'", [{"id": "1", "t": "red"}, {"id": "2", "t": "red"}]),
        (
            "SELECT VALUE a || b FROM c JOIN a IN c.tags JOIN b IN c.tags WHERE c.id = '1'",
            ["hothot", "hotred", "redhot", "redred"],
        ),
        ("SELECT VALUE COUNT(1) FROM t IN c.tags", [3]),
    ],
)
def test_sources(query: str, expected: list[Json]) -> None:
    assert rows(query) == expected


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        ("ORDER BY c.id DESC", "654321"),
        ("ORDER BY c.n", "562314"),
        ("ORDER BY c.n DESC", "413265"),
        ("ORDER BY c.kind, c.id DESC", "564231"),
        ("ORDER BY c.kind DESC, c.id ASC", "132465"),
        ("ORDER BY c.missing", "123456"),
        ("WHERE IS_NUMBER(c.n) ORDER BY c.n OFFSET 1 LIMIT 1", "3"),
        ("ORDER BY c.id OFFSET 4 LIMIT 10", "56"),
        ("ORDER BY c.id OFFSET 0 LIMIT 0", ""),
        ("OFFSET 2 LIMIT 2", "34"),
    ],
)
def test_order_offset_and_limit(tail: str, expected: str) -> None:
    """Types sort as undefined, null, booleans, numbers, strings, arrays, objects; equal keys keep their order."""
    assert ids(tail) == expected


def test_top_and_distinct() -> None:
    assert rows("SELECT TOP 2 VALUE c.id FROM c") == ["1", "2"]
    assert rows("SELECT TOP 2 VALUE c.id FROM c ORDER BY c.id DESC") == ["6", "5"]
    assert rows("SELECT DISTINCT VALUE c.kind FROM c") == ["tea", "mug", "jam"]
    assert rows("SELECT DISTINCT c.kind FROM c WHERE c.kind = 'tea'") == [{"kind": "tea"}]
    assert rows("SELECT DISTINCT TOP 1 VALUE c.kind FROM c ORDER BY c.kind DESC") == ["tea"]
    assert rows(
        "SELECT DISTINCT VALUE x FROM x IN c.l", [{"l": [1, 1.0, True, "1", {"a": 1, "b": 2}, {"b": 2, "a": 1}]}]
    ) == [
        1,
        True,
        "1",
        {"a": 1, "b": 2},
    ]


@pytest.mark.parametrize(
    ("aggregate", "values", "expected"),
    [
        ("COUNT(c.v)", [1, None, "x", ...], [3]),
        ("COUNT(1)", [1, None, "x", ...], [4]),
        ("COUNT(1)", [], [0]),
        ("SUM(c.v)", [1, 2.5, ...], [3.5]),
        ("SUM(c.v)", [1, "x"], []),
        ("SUM(c.v)", [1, None, 2], []),
        ("SUM(c.v)", [], [0]),
        ("AVG(c.v)", [1, 2, ...], [1.5]),
        ("AVG(c.v)", [1, "x"], []),
        ("AVG(c.v)", [], []),
        ("MIN(c.v)", [3, 1, 2, ...], [1]),
        ("MIN(c.v)", ["a", 5, True], [True]),
        ("MAX(c.v)", ["a", 5, True], ["a"]),
        ("MAX(c.v)", [1, []], []),
        ("MIN(c.v)", [], []),
        ("MAX(c.v) - MIN(c.v)", [3, 9, 5], [6]),
        ("SUM(c.v)", [1e308, 1e308], []),
        ("SUM(c.v)", [10**400, 0.5], []),
        ("COUNTIF(c.v)", [True, False, None, 1, "true", True, ...], [2]),
        ("COUNTIF(c.v > 2)", [1, 2, 3, 4, "5", ...], [2]),
        ("COUNTIF(c.v)", [], [0]),
        ("MAKELIST(c.v)", [2, 1, 2, None, ...], [[2, 1, 2, None]]),
        ("MAKELIST(c.v)", [], [[]]),
        ("MAKESET(c.v)", [2, 1, 2.0, True, [1], [1], None, ...], [[2, 1, True, [1], None]]),
    ],
)
def test_aggregates(aggregate: str, values: list[Json], expected: list[Json]) -> None:
    """`...` is an item without the property: it does not count."""
    documents = [{} if value is ... else {"v": value} for value in values]
    assert rows(f"SELECT VALUE {aggregate} FROM c", documents) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            "SELECT c.kind, COUNT(1) AS n FROM c GROUP BY c.kind",
            [{"kind": "tea", "n": 2}, {"kind": "mug", "n": 1}, {"kind": "jam", "n": 2}, {"n": 1}],
        ),
        ("SELECT VALUE c.kind FROM c WHERE c.kind > 'jam' GROUP BY c.kind", ["tea", "mug"]),
        ("SELECT VALUE {k: UPPER(c.kind), n: COUNT(1)} FROM c WHERE c.n = 1 GROUP BY c.kind", [{"k": "MUG", "n": 1}]),
        (
            "SELECT t, COUNT(1) AS n FROM c JOIN t IN c.tags GROUP BY t",
            [{"t": "hot", "n": 1}, {"t": "red", "n": 2}],
        ),
        (
            "SELECT c.kind, c.n, COUNT(1) AS k FROM c WHERE c.kind = 'tea' GROUP BY c.kind, c.n",
            [{"kind": "tea", "n": 3, "k": 1}, {"kind": "tea", "n": 2, "k": 1}],
        ),
        ("SELECT c.kind, COUNT(1) AS n FROM c WHERE false GROUP BY c.kind", []),
        ("SELECT TOP 1 c.kind, MAX(c.n) AS n FROM c GROUP BY c.kind", [{"kind": "tea", "n": 3}]),
        ("SELECT COUNT(1) AS n, 'all' AS what FROM c", [{"n": 6, "what": "all"}]),
    ],
)
def test_groups(query: str, expected: list[Json]) -> None:
    assert rows(query) == expected


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM c JOIN t IN c.tags",
        "SELECT *",
        "SELECT c.kind, COUNT(1) FROM c",
        "SELECT c.kind FROM c GROUP BY c.n",
        "SELECT * FROM c GROUP BY c.kind",
        "SELECT c.kind FROM c GROUP BY c.kind ORDER BY c.kind",
        "SELECT c.a.x, c.b.x FROM c",
        "SELECT VALUE c.id FROM c JOIN c IN c.tags",
        "SELECT VALUE t FROM c JOIN t IN d.tags",
        "SELECT VALUE c.id FROM c WHERE COUNT(1) > 1",
        "SELECT TOP 'x' VALUE c.id FROM c",
        "SELECT TOP -1 VALUE c.id FROM c",
        "SELECT VALUE c.id FROM c OFFSET 1",
        "SELECT VALUE c.id, c.n FROM c",
        "SELECT c.id FROM",
        "SELECT c.id FROM c WHERE c.n = 1 c.id",
        "UPDATE c SET c.n = 1",
        "SELECT FROM c",
    ],
)
def test_wrong_queries_are_refused(query: str) -> None:
    with pytest.raises(CosmosError) as error:
        rows(query)
    assert error.value.status == 400


def test_rows_come_lazily() -> None:
    """A page takes no more documents than it needs."""
    taken = []

    def documents() -> Json:
        for document in DOCUMENTS:
            taken.append(document["id"])
            yield document

    found = compiled("SELECT VALUE c.id FROM c WHERE c.kind = 'tea'").rows(documents(), {}, 0.0)
    assert (next(found), taken) == ("1", ["1"])
    assert (next(found), taken) == ("3", ["1", "2", "3"])


def test_a_query_runs_again_with_other_parameters() -> None:
    query = compiled("SELECT VALUE c.id FROM c WHERE c.n = @n")
    assert [list(query.rows(DOCUMENTS, {"@n": n}, 0.0)) for n in (3, 1, 9)] == [["1"], ["2"], []]
