import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, DatabaseProxy
from azure.cosmos.exceptions import CosmosHttpResponseError
from hypothesis import given, settings
from hypothesis import strategies as st
from quartet_emulators.cosmos.json_text import Json

from tests.emulators.cosmos.clock import Clock
from tests.emulators.cosmos.direct import Direct


@pytest.fixture
async def catalogue(shop: DatabaseProxy) -> ContainerProxy:
    composite = [{"path": "/price", "order": "descending"}, {"path": "/name", "order": "ascending"}]
    policy: Json = {"compositeIndexes": [composite]}
    container = await shop.create_container("catalogue", PartitionKey("/shelf"), indexing_policy=policy)
    for number, (name, shelf, price) in enumerate(
        [("tea", "a", 3), ("mug", "a", 8), ("pot", "b", 30), ("jam", "b", 4), ("tin", "c", 8), ("gift", "c", None)]
    ):
        tags = ["hot"] if name in {"tea", "pot"} else []
        await container.create_item({"id": str(number), "name": name, "shelf": shelf, "price": price, "tags": tags})
    return container


async def rows(container: ContainerProxy, query: str, **options: Json) -> list[Json]:
    return [row async for row in container.query_items(query, **options)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT VALUE COUNT(1) FROM c", [6]),
        ("SELECT VALUE SUM(c.price) FROM c WHERE IS_NUMBER(c.price)", [53]),
        ("SELECT COUNT(1) AS n, MAX(c.price) AS top FROM c", [{"n": 6, "top": 30}]),
        ("SELECT VALUE c.name FROM c ORDER BY c.price DESC, c.name", ["pot", "mug", "tin", "jam", "tea", "gift"]),
        ("SELECT TOP 2 VALUE c.name FROM c ORDER BY c.name", ["gift", "jam"]),
        ("SELECT DISTINCT VALUE c.shelf FROM c", ["a", "b", "c"]),
        (
            "SELECT c.shelf, COUNT(1) AS n FROM c GROUP BY c.shelf",
            [{"shelf": "a", "n": 2}, {"shelf": "b", "n": 2}, {"shelf": "c", "n": 2}],
        ),
        ("SELECT VALUE c.name FROM c ORDER BY c.name OFFSET 1 LIMIT 2", ["jam", "mug"]),
        ("SELECT c.name, t FROM c JOIN t IN c.tags", [{"name": "tea", "t": "hot"}, {"name": "pot", "t": "hot"}]),
        ("SELECT VALUE AVG(c.price) FROM c WHERE c.shelf = 'a'", [5.5]),
    ],
)
async def test_queries_over_all_partitions_need_no_help_from_the_client(
    catalogue: ContainerProxy, query: str, expected: list[Json]
) -> None:
    """The SDK takes one physical range's answer as it is."""
    assert await rows(catalogue, query) == expected
    assert await rows(catalogue, query, max_item_count=1) == expected


async def test_a_query_can_be_limited_to_one_partition(catalogue: ContainerProxy) -> None:
    assert await rows(catalogue, "SELECT VALUE c.name FROM c", partition_key="b") == ["pot", "jam"]
    assert await rows(catalogue, "SELECT VALUE COUNT(1) FROM c", partition_key="nowhere") == [0]
    assert await rows(catalogue, "SELECT * FROM c WHERE c.shelf = 'a'", partition_key="b") == []


async def test_feed_ranges_cover_the_container(catalogue: ContainerProxy) -> None:
    names: list[str] = []
    async for feed_range in catalogue.read_feed_ranges():
        names += await rows(catalogue, "SELECT VALUE c.name FROM c", feed_range=feed_range)
    assert len(names) == 6
    one = await catalogue.feed_range_from_partition_key("b")
    assert await rows(catalogue, "SELECT VALUE c.name FROM c", feed_range=one) == ["pot", "jam"]


async def test_parameters_of_every_type(catalogue: ContainerProxy) -> None:
    query = "SELECT VALUE c.name FROM c WHERE c.price = @price AND ARRAY_CONTAINS(@names, c.name)"
    parameters: list[dict[str, Json]] = [{"name": "@price", "value": 8}, {"name": "@names", "value": ["mug", "tea"]}]
    assert await rows(catalogue, query, parameters=parameters) == ["mug"]
    null = [{"name": "@nothing", "value": None}]
    assert await rows(catalogue, "SELECT VALUE c.name FROM c WHERE c.price = @nothing", parameters=null) == ["gift"]


async def test_select_star_gives_whole_items(catalogue: ContainerProxy) -> None:
    [found] = await rows(catalogue, "SELECT * FROM c WHERE c.name = 'tea'")
    assert found == await catalogue.read_item("0", "a")


async def test_by_page_walks_with_continuation_tokens(catalogue: ContainerProxy) -> None:
    query = "SELECT VALUE c.name FROM c"
    pager = catalogue.query_items(query, max_item_count=4).by_page()
    first = [name async for name in await anext(pager)]
    token = getattr(pager, "continuation_token")  # noqa: B009 - the SDK's annotation hides it
    assert (len(first), token is None) == (4, False)
    rest = catalogue.query_items(query, max_item_count=4).by_page(token)
    names: list[Json] = [name async for page in rest async for name in page]
    assert names == ["tin", "gift"]


async def test_a_page_holds_100_items_unless_asked_otherwise(orders: ContainerProxy) -> None:
    for start in range(0, 250, 50):
        batch = [("create", ({"id": f"{number:03}", "pk": "b1"},)) for number in range(start, start + 50)]
        await orders.execute_item_batch(batch, "b1")

    async def sizes(**options: Json) -> list[int]:
        pages = orders.query_items("SELECT * FROM c", **options).by_page()
        return [len([item async for item in page]) async for page in pages]

    assert await sizes() == [100, 100, 50]
    assert await sizes(max_item_count=-1) == [250]
    assert await sizes(max_item_count=200) == [200, 50]


async def test_items_written_between_two_pages_do_no_harm(orders: ContainerProxy) -> None:
    for item_id in "abcd":
        await orders.create_item({"id": item_id, "pk": "b1"})
    pager = orders.query_items("SELECT VALUE c.id FROM c", max_item_count=2).by_page()
    seen: list[Json] = [item_id async for item_id in await anext(pager)]
    await orders.delete_item("a", "b1")
    await orders.upsert_item({"id": "b", "pk": "b1", "n": 1})
    await orders.create_item({"id": "e", "pk": "b1"})
    seen += [item_id async for page in pager async for item_id in page]
    assert seen == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize("key", ["/pk", "/id"])
async def test_read_items_gives_what_is_there_in_the_order_asked_for(shop: DatabaseProxy, key: str) -> None:
    container = await shop.create_container("many", PartitionKey(key))
    for number in range(150):
        await container.create_item({"id": str(number), "pk": str(number % 3)})
    wanted = [(str(n), str(n) if key == "/id" else str(n % 3)) for n in (149, 5, 77, 0, 1000, 12, 3)]
    assert [item["id"] for item in await container.read_items(wanted)] == ["149", "5", "77", "0", "12", "3"]
    everything = [(str(n), str(n) if key == "/id" else str(n % 3)) for n in range(150)]
    assert [item["id"] for item in await container.read_items(everything)] == [str(n) for n in range(150)]
    same = [(str(n), str(n) if key == "/id" else "0") for n in range(0, 150, 3)]
    assert len(await container.read_items(same)) == 50


def test_a_condition_on_ids_looks_at_those_items_only(direct: Direct) -> None:
    for number in range(100):
        direct.items("POST", {"id": str(number), "pk": f"b{number % 2}"}, key=f"b{number % 2}")

    def charge(query: str) -> float:
        return float(direct.query(query).headers["x-ms-request-charge"])

    scan = charge("SELECT VALUE c.id FROM c WHERE c.id > '98'")
    for query in (
        "SELECT VALUE c.id FROM c WHERE c.pk = 'b1' AND c.id IN ('99', '1')",
        "SELECT VALUE c.id FROM c WHERE (c.id = '99' AND c.pk = 'b1') OR (c['pk'] = 'b1' AND '1' = c.id)",
        "SELECT VALUE c.id FROM c WHERE c.id = '99' AND c.pk = 'b1' AND NOT IS_DEFINED(c.x)",
    ):
        assert charge(query) < scan / 1.5


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("c.id = '1' AND c.n = 2", []),
        ("c.id = '1' AND c.n = 1", [1]),
        ("c.id = '1' OR c.n = 2", [1, 2]),
        ("c.id = '1' AND c.id = '2'", []),
        ("c.id IN ('2', '1', '2')", [1, 2]),
        ("c.id = 1", []),
        ("c.id = '1' AND c.pk = 'b2'", []),
        ("c.id = '1' AND c.pk = ['b1']", []),
        ("c.id = '1' AND c.pk IN ('b2', 'b1')", [1]),
        ("NOT (c.id = '1')", [2]),
        ("c.id = c.id", [1, 2]),
        ("c.id = '1' AND c.pk = 'b1' AND c.pk = 'b2'", []),
        ("(c.id = '1' AND c.pk = 'b2') OR c.id = '2'", [2]),
    ],
)
def test_shortcuts_change_no_result(direct: Direct, condition: str, expected: list[int]) -> None:
    for number in (1, 2):
        direct.items("POST", {"id": str(number), "pk": "b1", "n": number})
    some = json.loads(direct.query(f"SELECT VALUE c.n FROM c WHERE {condition}").body)["Documents"]
    whole = json.loads(direct.query(f"SELECT * FROM c WHERE {condition}").body)["Documents"]
    assert (some, [item["n"] for item in whole]) == (expected, expected)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("SELECT", 400),
        ("SELECT * FROM c WHERE", 400),
        ("SELECT * FROM c WHERE c.n = @missing", 400),
        ("SELECT * FROM c WHERE d.n = 1", 400),
        ("SELECT NOPE(c.n) FROM c", 400),
        ("SELECT * FROM c JOIN t IN c.tags", 400),
        ("SELECT c.n, COUNT(1) FROM c", 400),
        ("SELECT * FROM c LIMIT 5", 400),
        ("SELECT udf.tax(c.n) FROM c", 400),
        ("SELECT * FROM c WHERE ST_WITHIN(c.a, c.b)", 400),
        ("SELECT * FROM c ORDER BY RANK VectorDistance(c.v, [1])", 400),
    ],
)
async def test_a_query_that_cannot_be_answered_is_refused_with_a_reason(
    catalogue: ContainerProxy, query: str, status: int
) -> None:
    with pytest.raises(CosmosHttpResponseError) as error:
        await rows(catalogue, query)
    assert error.value.status_code == status
    assert len(error.value.http_error_message or "") > 40


def test_a_query_over_all_partitions_must_say_that_it_means_that(direct: Direct) -> None:
    """What the service refuses must not work here first."""
    answer = direct.query("SELECT * FROM c", x_ms_documentdb_query_enablecrosspartition="False")
    assert answer.status == 400
    assert b"Cross partition query is required but disabled" in answer.body


@pytest.mark.parametrize(
    ("condition", "header"),
    [
        ("true", {"x_ms_documentdb_partitionkey": '["b1"]'}),
        ("true", {"x_ms_documentdb_partitionkeyrangeid": "0"}),
        ("true", {"x_ms_start_epk": "", "x_ms_end_epk": "FF"}),
        ("c.n = 1 AND c.pk = 'b1'", {}),
    ],
)
def test_a_query_that_says_where_needs_no_permission(direct: Direct, condition: str, header: dict[str, str]) -> None:
    direct.items("POST", {"id": "1", "pk": "b1", "n": 1})
    refused = {"x_ms_documentdb_query_enablecrosspartition": "False"}
    answer = direct.query(f"SELECT VALUE c.id FROM c WHERE {condition}", **(refused | header))
    assert (answer.status, json.loads(answer.body)["Documents"]) == (200, ["1"])


@pytest.mark.parametrize("condition", ["c.pk = 'b1' OR c.n = 1", "c.pk IN ('b1', 'b2')", "c.pk > 'b1'", "c.n = 'b1'"])
def test_a_condition_that_names_no_one_partition_is_none(direct: Direct, condition: str) -> None:
    refused = {"x_ms_documentdb_query_enablecrosspartition": "False"}
    assert direct.query(f"SELECT * FROM c WHERE {condition}", **refused).status == 400


async def test_pages_of_a_range_continue(catalogue: ContainerProxy) -> None:
    """The client wraps tokens of its own around the server's, and knows them by their fields."""
    ranges = [one async for one in catalogue.read_feed_ranges()]
    found: list[Json] = []
    token: str | None = None
    while not found or token:
        query = catalogue.query_items("SELECT VALUE c.name FROM c", feed_range=ranges[0], max_item_count=4)
        pages: Any = query.by_page(token)  # the client does not say that it knows its token
        found += [row async for row in await anext(pages)]
        token = pages.continuation_token
    assert found == ["tea", "mug", "pot", "jam", "tin", "gift"]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"query":7}', b'{"query":"SELECT 1","parameters":[{"name":"x"}]}']
)
def test_a_malformed_query_body_is_400(direct: Direct, body: bytes) -> None:
    path = "dbs/shop/colls/orders/docs"
    assert direct("POST", path, body, x_ms_documentdb_isquery="true").status == 400


@pytest.mark.parametrize("token", ["x", "e30=", "bnVsbA==", "é", '{"after":1}'])
def test_a_foreign_continuation_token_is_400(direct: Direct, token: str) -> None:
    assert direct.query("SELECT * FROM c", x_ms_continuation=token).status == 400


def test_a_continuation_token_of_another_query_is_400(direct: Direct) -> None:
    for number in range(3):
        direct.items("POST", {"id": str(number), "pk": "b1"})
    token = direct.query("SELECT * FROM c", x_ms_max_item_count="1").headers["x-ms-continuation"]
    assert direct.query("SELECT * FROM c", x_ms_continuation=token).status == 200
    assert direct.query("SELECT VALUE c.id FROM c", x_ms_continuation=token).status == 400


@pytest.mark.parametrize("size", ["0", "-2", "many", "1.5"])
def test_a_page_size_is_positive_or_minus_one(direct: Direct, size: str) -> None:
    assert direct.query("SELECT * FROM c", x_ms_max_item_count=size).status == 400


def test_a_page_has_at_most_four_megabytes(direct: Direct) -> None:
    for number in range(5):
        direct.items("POST", {"id": str(number), "pk": "b1", "x": "y" * 1_500_000})
    answer = direct.query("SELECT * FROM c")
    assert json.loads(answer.body)["_count"] == 2
    assert "x-ms-continuation" in answer.headers


def test_a_request_for_a_query_plan_is_answered_so_that_the_client_sends_the_query(direct: Direct) -> None:
    path = "dbs/shop/colls/orders/docs"
    body = {"query": "SELECT VALUE COUNT(1) FROM c"}
    plan = json.loads(direct("POST", path, body, x_ms_cosmos_is_query_plan_request="True").body)
    assert plan["queryInfo"]["aggregates"] == []
    assert plan["queryRanges"] == [{"min": "", "max": "FF", "isMinInclusive": True, "isMaxInclusive": False}]
    assert direct("POST", path, {"query": "SELEC"}, x_ms_cosmos_is_query_plan_request="True").status == 400


QUERIES = st.sampled_from(
    [
        "SELECT * FROM c",
        "SELECT VALUE c.id FROM c WHERE c.n > 1",
        "SELECT c.n, c.id FROM c ORDER BY c.n DESC, c.id",
        "SELECT DISTINCT VALUE c.n FROM c",
        "SELECT c.n, COUNT(1) AS k FROM c GROUP BY c.n",
        "SELECT VALUE t FROM c JOIN t IN c.tags",
        "SELECT TOP 5 VALUE c.id FROM c",
        "SELECT VALUE c.id FROM c OFFSET 2 LIMIT 6",
        "SELECT VALUE c.id FROM c WHERE c.id IN ('0', '3', '5', '8')",
    ]
)
NUMBERS = st.lists(st.integers(0, 3), max_size=12)


@settings(max_examples=60, deadline=None)
@given(QUERIES, NUMBERS, st.integers(1, 5))
def test_all_pages_together_are_the_whole_result(query: str, numbers: list[int], size: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        direct = Direct(Path(directory), Clock())
        composite = [{"path": "/n", "order": "descending"}, {"path": "/id", "order": "ascending"}]
        key = {"paths": ["/pk"], "kind": "Hash", "version": 2}
        definition = {"id": "orders", "partitionKey": key, "indexingPolicy": {"compositeIndexes": [composite]}}
        assert direct("PUT", "dbs/shop/colls/orders", definition).status == 200
        for position, number in enumerate(numbers):
            body = {"id": str(position), "pk": f"b{position % 2}", "n": number, "tags": list(range(number))}
            direct.items("POST", body, key=f"b{position % 2}")
        whole = json.loads(direct.query(query, x_ms_max_item_count="-1").body)["Documents"]
        pages: list[Json] = []
        headers: dict[str, str] = {}
        while True:
            answer = direct.query(query, x_ms_max_item_count=str(size), **headers)
            page = json.loads(answer.body)["Documents"]
            assert len(page) <= size
            pages += page
            if "x-ms-continuation" not in answer.headers:
                break
            headers = {"x_ms_continuation": answer.headers["x-ms-continuation"]}
        assert pages == whole
        direct.close()
