"""Sub-queries in FROM and JOIN: the examples of Microsoft's page Subqueries, and the rules of its page FROM."""

import pytest
from quartet_emulators.cosmos.errors import CosmosError
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.sql.compile import compiled

PRODUCTS: list[Json] = [
    {
        "id": "1",
        "name": "Menti Sandals",
        "price": 15,
        "colors": ["gray", "jam", "lightgray"],
        "sizes": [{"key": "5", "order": 1}, {"key": "6", "order": 3}, {"key": "9", "order": 4}],
        "tags": [{"key": "fabric"}, {"key": "volume"}],
    },
    {"id": "2", "name": "Iropa Boots", "price": 20, "colors": [], "sizes": [{"key": "s"}], "tags": "none"},
]


def rows(query: str) -> list[Json]:
    return list(compiled(query).rows(PRODUCTS, {}, 0.0))


def test_each_row_of_a_joined_subquery_is_bound() -> None:
    """Under "Optimize self-join expressions". One tag, two sizes and two colours of the first product are wanted."""
    query = """
        SELECT VALUE COUNT(1) FROM products p
        JOIN (SELECT VALUE t FROM t IN p.tags WHERE t.key IN ("fabric", "material"))
        JOIN (SELECT VALUE s FROM s IN p.sizes WHERE s["order"] >= 3)
        JOIN (SELECT VALUE c FROM c in p.colors WHERE c LIKE "%gray%")
    """
    assert rows(query) == [1 * 2 * 2]


def test_an_expression_is_calculated_once() -> None:
    """Under "Evaluate once and reference many times"."""
    query = """
        SELECT VALUE {subtotal: p.price, total: totalPrice}
        FROM products p JOIN (SELECT VALUE p.price * 1.25) totalPrice WHERE totalPrice < 22.25
    """
    assert rows(query) == [{"subtotal": 15, "total": 18.75}]


def test_an_aggregate_is_joined() -> None:
    """Under "Aggregate scalar subqueries": the sub-query gives one row for each product."""
    query = """
        SELECT p.name, colorCount FROM products p
        JOIN (SELECT VALUE COUNT(1) FROM c IN p.colors) AS colorCount WHERE colorCount >= 0
    """
    assert rows(query) == [{"name": "Menti Sandals", "colorCount": 3}, {"name": "Iropa Boots", "colorCount": 0}]


def test_in_goes_over_the_elements_of_the_value() -> None:
    """Under "Mimic relational join with external reference data"."""
    query = """
        SELECT p.name, m.unit, m.length FROM products p JOIN s IN p.sizes
        JOIN m IN (SELECT VALUE [{size: 's', length: 64.5, unit: 'cm'}, {size: 'm', length: 66, unit: 'cm'}])
        WHERE s.key = m.size
    """
    assert rows(query) == [{"name": "Iropa Boots", "unit": "cm", "length": 64.5}]


def test_in_goes_over_an_array_expression() -> None:
    """Under "ARRAY expression": the last example."""
    query = """
        SELECT p.name, z.s.key AS sizes FROM products p
        JOIN z IN (SELECT VALUE ARRAY(SELECT s FROM s IN p.sizes WHERE STRINGTONUMBER(s.key) <= 8))
    """
    assert rows(query) == [{"name": "Menti Sandals", "sizes": "5"}, {"name": "Menti Sandals", "sizes": "6"}]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("(SELECT VALUE x FROM x IN p.colors)", []),
        ("(SELECT VALUE [1, [2]] FROM x IN p.sizes)", [1, [2], 1, [2], 1, [2], 1, [2]]),
        ("(SELECT VALUE p.tags)", [{"key": "fabric"}, {"key": "volume"}]),
    ],
)
def test_in_ignores_what_is_no_array(source: str, expected: list[Json]) -> None:
    """The page FROM: IN iterates over the elements of each array, and any value that isn't an array is ignored."""
    assert rows(f"SELECT VALUE t FROM products p JOIN t IN {source}") == expected


def test_in_goes_over_the_result_of_a_function() -> None:
    """The page OBJECTTOARRAY, "Dynamic property access"."""
    items = [{"id": "1", "metadata": {"color": "blue", "size": "small"}}, {"id": "2"}]
    query = """
        SELECT p.id, kv["key"] AS propertyName, kv["value"] AS propertyValue
        FROM p JOIN kv IN OBJECTTOARRAY(p.metadata, "key", "value")
    """
    assert list(compiled(query).rows(items, {}, 0.0)) == [
        {"id": "1", "propertyName": "color", "propertyValue": "blue"},
        {"id": "1", "propertyName": "size", "propertyValue": "small"},
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT VALUE s.name FROM (SELECT * FROM c WHERE c.price > 15) AS s", ["Iropa Boots"]),
        ("SELECT * FROM (SELECT c.name, c.price * 2 AS twice FROM c) s", None),
        ("SELECT VALUE s FROM (SELECT VALUE c.name FROM c) s WHERE s LIKE 'M%'", ["Menti Sandals"]),
        ("SELECT VALUE COUNT(1) FROM (SELECT DISTINCT VALUE t FROM c JOIN t IN c.colors) s", [3]),
        ("SELECT VALUE s FROM (SELECT VALUE u FROM (SELECT VALUE c.price FROM c) u WHERE u > 15) s", [20]),
        ("SELECT VALUE t.key FROM (SELECT * FROM c) s JOIN t IN s.sizes WHERE s.id = '2'", ["s"]),
        ("SELECT VALUE n FROM s IN (SELECT VALUE c.sizes FROM c) JOIN (SELECT VALUE s.key) n", ["5", "6", "9", "s"]),
        ("SELECT VALUE s.n FROM (SELECT COUNT(1) AS n, p.price FROM p GROUP BY p.price) s", [1, 1]),
        ("SELECT VALUE s FROM (SELECT TOP 1 VALUE c.id FROM c) s", ["1"]),
    ],
)
def test_a_subquery_as_the_first_source(query: str, expected: list[Json] | None) -> None:
    """The page Subqueries: a multi-value sub-query is used "in the FROM clause as a relational expression"."""
    found = rows(query)
    assert found == (expected or [{"name": "Menti Sandals", "twice": 30}, {"name": "Iropa Boots", "twice": 40}])


def test_a_query_over_a_subquery_has_pages_of_rows() -> None:
    """Its rows are not the items, so a page cannot continue after an item, and its WHERE says nothing of one."""
    query = compiled("SELECT * FROM (SELECT c.n AS id FROM c) s WHERE s.id = 1")
    assert not query.is_row_per_document
    assert query.predicate is None
    assert query.reads_documents
    assert list(query.rows([{"id": "1", "n": 2}, {"id": "2", "n": 1}], {}, 0.0)) == [{"id": 1}]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM c JOIN (SELECT VALUE d FROM d)",
        "SELECT * FROM (SELECT VALUE c FROM c) s JOIN t IN c.tags",
        "SELECT VALUE c.id FROM (SELECT VALUE c FROM c) s",
        "SELECT VALUE (SELECT VALUE d.id FROM d) FROM (SELECT VALUE c FROM c) s",
        "SELECT VALUE s FROM (SELECT VALUE c FROM c) s JOIN s IN s.tags",
        "SELECT VALUE s FROM (c.tags) s",
        "SELECT VALUE s FROM LENGTH(c.id) s",
        "SELECT VALUE t FROM t IN OBJECTTOARRAY(c.tags)",
    ],
)
def test_names_that_mean_nothing_there_are_refused(query: str) -> None:
    with pytest.raises(CosmosError) as error:
        rows(query)
    assert error.value.status == 400


def test_the_groups_of_a_subquery_are_not_aggregated() -> None:
    """The older page GROUP BY: "Queries with an aggregate system function and a subquery with GROUP BY" are not."""
    with pytest.raises(CosmosError, match="aggregate function and a subquery with GROUP BY") as error:
        rows("SELECT VALUE COUNT(1) FROM (SELECT c.price FROM c GROUP BY c.price) s")
    assert error.value.status == 400
