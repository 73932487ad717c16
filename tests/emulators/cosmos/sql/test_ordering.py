"""What the service sorts by. The messages are the service's own, as SDKs and their issues quote them."""

import pytest
from quartet_emulators.cosmos.errors import CosmosError, UnsupportedError
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.sql.compile import compiled

DOCUMENTS: list[Json] = [
    {"id": "1", "n": 3, "o": {"k": "b", "order": 1}, "tags": ["x"], "at": {"type": "Point", "coordinates": [2, 0]}},
    {"id": "2", "n": 1, "o": {"k": "a", "order": 2}, "tags": ["y"], "at": {"type": "Point", "coordinates": [1, 0]}},
    {"id": "3", "n": 2, "o": {"k": "c"}, "tags": [], "at": {"type": "Point", "coordinates": [3, 0]}},
]


def rows(query: str) -> list[Json]:
    return list(compiled(query).rows(DOCUMENTS, {"@k": "k"}, 0.0))


def ids(tail: str) -> str:
    return "".join(rows(f"SELECT VALUE c.id {tail}"))


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        ("FROM c ORDER BY c.n", "231"),
        ("FROM c ORDER BY c['o']['k'] DESC", "312"),
        ("FROM c ORDER BY c.o[@k]", "213"),
        ("FROM c ORDER BY c.o.order DESC", "213"),
        ("FROM c ORDER BY ST_DISTANCE(c.at, {'type': 'Point', 'coordinates': [0, 0]})", "213"),
    ],
)
def test_paths_and_distances(tail: str, expected: str) -> None:
    assert ids(tail) == expected


@pytest.mark.parametrize(
    "key",
    [
        "LENGTH(c.name)",
        "c.n + 1",
        "-c.n",
        "(c.n ?? 0)",
        "c.n = 1",
        "1",
        "'n'",
        "@k",
        "c.n ? 1 : 2",
        "[c.n]",
        "c[c.id]",
        "c[LOWER('N')]",
        "(SELECT VALUE c.n)",
        "c.n, UPPER(c.id)",
        "ST_DISTANCE(c.at, c.at), c.id",
        "c.id, ST_DISTANCE(c.at, c.at)",
    ],
)
def test_what_is_no_path_is_refused(key: str) -> None:
    """dotnet/efcore#27037, #16150; Azure/azure-sdk-for-java#17224 for a parameter."""
    with pytest.raises(CosmosError) as error:
        rows(f"SELECT * FROM c ORDER BY {key}")
    assert error.value.status == 400
    assert error.value.message == (
        "Unsupported ORDER BY clause. ORDER BY item expression could not be mapped to a document path."
    )


def test_an_alias_of_the_output_is_no_sort_key() -> None:
    """Azure/azure-cosmos-dotnet-v2#65: the alias is not known there."""
    with pytest.raises(CosmosError, match="Identifier 'm' could not be resolved"):
        rows("SELECT c.n AS m FROM c ORDER BY m")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT c.id, t FROM c JOIN t IN c.tags ORDER BY t",
        "SELECT c.id FROM c JOIN (SELECT VALUE c.n) n ORDER BY n",
        "SELECT VALUE t FROM t IN c.tags ORDER BY t.name",
    ],
)
def test_joined_values_are_no_sort_key(query: str) -> None:
    with pytest.raises(CosmosError, match=r"^Order-by over correlated collections is not supported\.$") as error:
        rows(query)
    assert error.value.status == 400


def test_the_item_sorts_what_is_joined_to_it() -> None:
    assert rows("SELECT VALUE t FROM c JOIN t IN c.tags ORDER BY c.n") == ["y", "x"]
    assert rows("SELECT VALUE o.k FROM c.o ORDER BY o.k DESC") == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT VALUE s.id FROM (SELECT * FROM c WHERE c.n > 1) s ORDER BY s.n", ["3", "1"]),
        ("SELECT VALUE s.id FROM (SELECT c.id, c.n AS m FROM c) s ORDER BY s.m DESC", ["1", "3", "2"]),
        ("SELECT VALUE s FROM (SELECT VALUE c.o.k FROM c) s ORDER BY s", ["a", "b", "c"]),
        ("SELECT VALUE s.a.i FROM (SELECT VALUE {a: {i: c.id, k: c.o.k}} FROM c) s ORDER BY s.a.k", ["2", "1", "3"]),
        ("SELECT VALUE s.id FROM (SELECT * FROM (SELECT * FROM c) d) s ORDER BY s.n", ["2", "3", "1"]),
    ],
)
def test_a_path_through_a_subquery(query: str, expected: list[Json]) -> None:
    assert rows(query) == expected


@pytest.mark.parametrize(
    "query",
    [
        "SELECT s.m FROM (SELECT 2 * c.n AS m FROM c) s ORDER BY s.m",
        "SELECT s.m FROM (SELECT c.n AS m FROM c) s ORDER BY s.n",
        "SELECT VALUE s FROM (SELECT DISTINCT VALUE c.n FROM c) s ORDER BY s",
        "SELECT VALUE s FROM (SELECT TOP 2 * FROM c) s ORDER BY s.n",
        "SELECT s.n FROM (SELECT c.n FROM c GROUP BY c.n) s ORDER BY s.n",
        "SELECT s.n FROM (SELECT 1 AS n) s ORDER BY s.n",
    ],
)
def test_a_derived_value_is_no_sort_key(query: str) -> None:
    with pytest.raises(CosmosError, match="could not be mapped to a document path") as error:
        rows(query)
    assert error.value.status == 400


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT VALUE SUM(r.n) FROM r WHERE IS_NUMBER(r.n) ORDER BY r.n", [6]),
        ("SELECT VALUE AVG(r.n) FROM r ORDER BY r.n DESC", [2]),
        ("SELECT COUNT(1) AS n FROM r WHERE r.n > 1 ORDER BY r.id", [{"n": 2}]),
        ("SELECT VALUE MAX(r.n) FROM r WHERE false ORDER BY r.n", []),
    ],
)
def test_an_aggregate_takes_an_order_that_has_no_effect(query: str, expected: list[Json]) -> None:
    """azure-cosmos, tests/test_aggregate.py: each aggregate with ORDER BY gives what it gives without."""
    assert rows(query) == expected


def test_an_aggregate_takes_no_order_that_a_query_without_it_would_not_take() -> None:
    with pytest.raises(CosmosError, match="could not be mapped to a document path"):
        rows("SELECT VALUE COUNT(1) FROM c ORDER BY LENGTH(c.id)")


def test_an_aggregate_takes_no_order_by_a_name_that_means_nothing() -> None:
    with pytest.raises(CosmosError, match="Identifier 'd' could not be resolved"):
        rows("SELECT VALUE COUNT(1) FROM c ORDER BY d.n")


def test_a_score_is_refused_as_missing() -> None:
    """The page VECTORDISTANCE: the service sorts by it."""
    with pytest.raises(UnsupportedError, match="VECTORDISTANCE"):
        rows("SELECT * FROM c ORDER BY VectorDistance(c.v, [1, 2])")


@pytest.mark.parametrize("key", ["c.n", "COUNT(1)"])
def test_groups_have_no_order(key: str) -> None:
    """The older page GROUP BY: "You can't use GROUP BY with an ORDER BY clause"."""
    with pytest.raises(CosmosError, match=r"^'ORDER BY' is not supported in presence of GROUP BY\.$") as error:
        rows(f"SELECT c.n, COUNT(1) FROM c GROUP BY c.n ORDER BY {key}")
    assert error.value.status == 400


@pytest.mark.parametrize("clause", ["ORDER BY", "OFFSET LIMIT"])
@pytest.mark.parametrize("use", ["EXISTS({})", "ARRAY({})", "({})"])
def test_a_subquery_has_neither_order_nor_offset(clause: str, use: str) -> None:
    """dotnet/efcore's tests of Cosmos DB quote the first message, and say that the second is not there either."""
    tail = "ORDER BY x.n" if clause == "ORDER BY" else "OFFSET 1 LIMIT 1"
    with pytest.raises(CosmosError, match=f"'{clause}' is not supported in subqueries") as error:
        rows(f"SELECT VALUE {use.format(f'SELECT VALUE x FROM x IN c.tags {tail}')} FROM c")
    assert error.value.status == 400
