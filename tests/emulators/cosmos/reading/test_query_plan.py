"""Plans of queries: who gets one, for which ranges, and that a client which follows it gets the right rows."""

import json
from collections.abc import Callable

import pytest
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.partitions.hashes import effective_key
from quartet_emulators.cosmos.sql.values import identity

from tests.emulators.cosmos.direct import Direct
from tests.emulators.cosmos.merging import ALL, ALLOWED, ITEMS, by_plan, plan_of, refusal, spread_over_three

MERGED = [
    "SELECT * FROM c ORDER BY c.n",
    "SELECT VALUE COUNT(1) FROM c",
    "SELECT c.n, COUNT(1) AS k FROM c GROUP BY c.n",
    "SELECT DISTINCT VALUE c.n FROM c",
    "SELECT TOP 3 * FROM c",
    "SELECT * FROM c OFFSET 1 LIMIT 3",
]


@pytest.fixture
def spread(direct: Direct) -> Direct:
    return spread_over_three(direct)


@pytest.mark.parametrize("text", MERGED)
def test_over_one_range_everything_is_answered_as_a_whole(direct: Direct, text: str) -> None:
    assert direct.query(text).status == 200
    plan = plan_of(direct, text, x_ms_cosmos_supported_query_features="None")
    assert (plan["queryInfo"]["rewrittenQuery"], plan["queryRanges"]) == ("", ALL)


@pytest.mark.parametrize("text", MERGED)
def test_over_several_ranges_the_client_has_to_merge(spread: Direct, text: str) -> None:
    refused = spread.query(text)
    assert refusal(refused) == (400, "1004")
    assert json.loads(json.loads(refused.body)["additionalErrorInfo"]) == plan_of(spread, text)
    for partition in ("1", "3", "4"):
        assert spread.query(text, x_ms_documentdb_partitionkeyrangeid=partition).status == 200
    assert spread.items("POST", {"query": text}, x_ms_documentdb_isquery="true").status == 200


def test_a_query_that_is_not_allowed_to_ask_all_ranges_is_not_planned(spread: Direct) -> None:
    refused = spread.query(MERGED[0], **{ALLOWED: "False"})
    assert refusal(refused) == (400, None)
    assert b"Cross partition query is required but disabled" in refused.body


def test_a_condition_that_leads_to_one_partition_is_merged_unless_the_client_asks_for_one(spread: Direct) -> None:
    for text in MERGED:
        head, _, tail = text.partition(" FROM c")
        of_one = f"{head} FROM c WHERE c.pk = 'b7'{tail}"
        assert spread.query(of_one, **{ALLOWED: "False"}).status == 200
        only_cut = "OFFSET" in text  # the service's plan of that one has nothing to merge
        assert refusal(spread.query(of_one)) == ((200, None) if only_cut else (400, "1004"))
        assert (plan_of(spread, of_one)["queryInfo"]["offset"], plan_of(spread, text)["queryInfo"]["offset"]) == (
            None,
            1 if only_cut else None,
        )


def test_a_page_that_continues_an_answer_from_before_a_split_is_answered(direct: Direct) -> None:
    for number in range(6):
        direct.items("POST", {"id": str(number), "pk": f"b{number}", "n": 6 - number}, key=f"b{number}")
    found, token = [], ""
    for _ in range(3):
        page = direct.query("SELECT VALUE c.n FROM c ORDER BY c.n", x_ms_max_item_count="2", x_ms_continuation=token)
        found += json.loads(page.body)["Documents"]
        token = page.headers.get("x-ms-continuation", "")
        direct.account.split("shop", "orders", None)
    assert found == [1, 2, 3, 4, 5, 6]


def point(*values: Json, kind: str = "Hash") -> dict[str, Json]:
    key = effective_key(json.dumps(values), kind)
    return {"min": key, "max": key, "isMinInclusive": True, "isMaxInclusive": True}


def in_order(*ranges: dict[str, Json]) -> list[dict[str, Json]]:
    return sorted(ranges, key=lambda one: str(one["min"]))


NOTHING = {"min": "", "max": "", "isMinInclusive": True, "isMaxInclusive": True}
CONDITIONS: dict[str, Callable[[], list[dict[str, Json]]]] = {
    "c.pk = 'b1'": lambda: [point("b1")],
    "c.n > 1 AND 'b1' = c.pk AND c.s = 'a'": lambda: [point("b1")],
    "c.pk = -1.0": lambda: [point(-1)],
    "c.pk = @one": lambda: [point("p")],
    "c.pk = @object": lambda: [point({})],
    "c.pk IN ('b1', 2, true, null, 2.0)": lambda: in_order(point("b1"), point(2), point(True), point(None)),
    "ARRAY_CONTAINS(@list, c.pk)": lambda: in_order(point("x"), point("y")),
    "c.pk = 'b1' OR c.pk = 'b2' AND c.n = 1": lambda: in_order(point("b1"), point("b2")),
    "c.pk = 'b1' OR c.n = 1": lambda: ALL,
    "c.pk > 'b1'": lambda: ALL,
    "c.pk = c.id": lambda: ALL,
    "ARRAY_CONTAINS(@many, c.pk)": lambda: ALL,
    "ARRAY_CONTAINS(@some, c.pk) OR ARRAY_CONTAINS(@more, c.pk)": lambda: ALL,
    "c.pk = undefined": lambda: [NOTHING],
    "ARRAY_CONTAINS(@none, c.pk)": lambda: [NOTHING],
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_plan_names_the_ranges_that_the_condition_leaves(spread: Direct, condition: str) -> None:
    values: dict[str, Json] = {
        "@one": "p",
        "@object": {"a": 1},
        "@list": ["x", "y", ["z"]],
        "@many": list(range(1001)),
        "@none": [],
    }
    values |= {"@some": list(range(600)), "@more": list(range(600, 1200))}
    parameters = [{"name": name, "value": value} for name, value in values.items()]
    plan = plan_of(spread, f"SELECT VALUE COUNT(1) FROM c WHERE {condition}", parameters)
    assert plan["queryRanges"] == CONDITIONS[condition]()
    assert plan["queryInfo"]["rewrittenQuery"].startswith('SELECT VALUE [{"item": COUNT(1)}]\nFROM c\nWHERE ')


def test_a_condition_on_the_key_leads_beside_joins(spread: Direct) -> None:
    text = "SELECT VALUE COUNT(1) FROM c JOIN x IN c.t WHERE c.pk = 'b8' AND x = 'y'"
    assert plan_of(spread, text)["queryRanges"] == [point("b8")]
    assert by_plan(spread, text) == [1]


def test_the_first_levels_of_a_hierarchical_key_are_a_range(direct: Direct) -> None:
    key = {"paths": ["/tenant", "/user"], "kind": "MultiHash", "version": 2}
    direct("POST", "dbs/shop/colls", {"id": "visits", "partitionKey": key}, x_ms_offer_throughput="30000")

    def ranges(condition: str) -> Json:
        body = {"query": f"SELECT VALUE COUNT(1) FROM c WHERE {condition}"}
        answer = direct("POST", "dbs/shop/colls/visits/docs", body, x_ms_cosmos_is_query_plan_request="True")
        return json.loads(answer.body)["queryRanges"]

    first = str(point("t1", kind="MultiHash")["min"])
    of_tenant = {"min": first, "max": f"{first}FF", "isMinInclusive": True, "isMaxInclusive": False}
    both = point("t1", "u1", kind="MultiHash")
    assert ranges("c.tenant = 't1'") == [of_tenant]
    assert ranges("c.tenant = 't1' AND c.user = 'u1'") == [both]
    assert ranges("c.tenant = 't1' OR c.tenant = 't1' AND c.user = 'u1'") == [of_tenant]
    assert ranges("c.user = 'u1'") == ALL


def test_numbers_may_be_parameters(spread: Direct) -> None:
    parameters = [{"name": "@a", "value": 4}, {"name": "@b", "value": 3}]
    info = plan_of(spread, "SELECT * FROM c OFFSET @a LIMIT @b", parameters)["queryInfo"]
    assert (info["offset"], info["limit"], info["top"]) == (4, 3, None)
    assert info["rewrittenQuery"].endswith("OFFSET 0 LIMIT 7")
    assert plan_of(spread, "SELECT TOP @a * FROM c", parameters)["queryInfo"]["top"] == 4
    widest = plan_of(spread, f"SELECT * FROM c OFFSET 1 LIMIT {2**31}")["queryInfo"]["rewrittenQuery"]
    assert spread.query(widest, x_ms_documentdb_partitionkeyrangeid="1").status == 200
    for text in ("SELECT TOP @missing * FROM c", "SELECT TOP (1 + 1) * FROM c", "SELECT TOP 1.5 * FROM c"):
        refused = spread("POST", ITEMS, {"query": text}, x_ms_cosmos_is_query_plan_request="True")
        assert refusal(refused) == (400, None)


def test_a_plan_without_a_container_is_for_one_range(spread: Direct) -> None:
    assert plan_of(spread, "SELECT TOP 2 VALUE 5")["queryRanges"] == [NOTHING]


@pytest.mark.parametrize(
    ("text", "features"),
    [
        ("SELECT VALUE COUNT(1) FROM c", "Aggregate"),
        ("SELECT VALUE COUNTIF(c.n > 1) FROM c", "Aggregate,CountIf"),
        ("SELECT AVG(c.n) AS n FROM c", "CompositeAggregate,NonValueAggregate"),
        ("SELECT MIN(c.n), MAX(c.n) FROM c", "MultipleAggregates,NonValueAggregate"),
        ("SELECT VALUE MAKESET(c.n) FROM c", "Aggregate,ListAndSetAggregate"),
        ("SELECT c.n FROM c GROUP BY c.n", "GroupBy"),
        ("SELECT VALUE COUNT(1) FROM (SELECT DISTINCT c.n FROM c)", "DCount,Distinct"),
        ("SELECT DISTINCT TOP 3 c.n FROM c ORDER BY c.n", "Distinct,OrderBy,Top"),
        ("SELECT * FROM c ORDER BY c.n, c.s OFFSET 1 LIMIT 2", "MultipleOrderBy,OffsetAndLimit,OrderBy"),
        ("SELECT * FROM c", "None"),
    ],
)
def test_a_client_gets_no_plan_that_it_cannot_follow(spread: Direct, text: str, features: str) -> None:
    wanted = features.split(",")
    plan = plan_of(spread, text, x_ms_cosmos_supported_query_features=f"None, {', '.join(wanted)}")
    assert plan == plan_of(spread, text)
    for lacking in wanted:
        others = {"x_ms_cosmos_supported_query_features": ",".join(one for one in wanted if one != lacking)}
        refused = spread("POST", ITEMS, {"query": text}, x_ms_cosmos_is_query_plan_request="True", **others)
        if lacking == "None":
            assert refused.status == 200
            continue
        assert refusal(refused) == (400, None)
        assert f"Query contained {lacking}, which the calling client does not support." in refused.body.decode()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT VALUE COUNT(1) FROM c",
        "SELECT VALUE AVG(c.half) FROM c WHERE c.n > 1",
        "SELECT VALUE MAX(c.nothing) FROM c",
        "SELECT COUNT(1) AS k, SUM(c.n), MIN(c.half), MAX(c.s), AVG(c.n), COUNTIF(c.n > 3) FROM c",
        "SELECT c.n, COUNT(1) AS k, AVG(c.half) AS middle FROM c GROUP BY c.n",
        "SELECT c.s, UPPER(c.s), MIN(c.n), MAX(c.half) FROM c GROUP BY c.s, UPPER(c.s)",
        "SELECT VALUE c.s FROM c GROUP BY c.s",
        "SELECT VALUE SUM(c.half) FROM c GROUP BY c.s",
        "SELECT c.odd, COUNT(1) AS k FROM c GROUP BY c.odd",
        "SELECT x, COUNT(1) AS k FROM c JOIN x IN c.t GROUP BY x",
        "SELECT DISTINCT c.n, c.s FROM c",
        "SELECT DISTINCT VALUE c.odd FROM c",
        "SELECT VALUE COUNT(1) FROM (SELECT DISTINCT c.n, c.s FROM c WHERE c.n < 5)",
        "SELECT COUNT(1) AS k FROM (SELECT DISTINCT VALUE x FROM c JOIN x IN c.t)",
        "SELECT c.id, c.n FROM c ORDER BY c.half DESC OFFSET 7 LIMIT 9",
        "SELECT TOP 9 VALUE c.odd FROM c ORDER BY c.id",
        "SELECT DISTINCT TOP 3 VALUE c.n FROM c ORDER BY c.n DESC",
        "SELECT VALUE COUNT(1) FROM c WHERE c.pk IN ('b1', 'b2', 'b3', 'b4', 'b5')",
    ],
)
def test_ranges_together_give_what_one_gives(direct: Direct, spread: Direct, text: str) -> None:
    merged = by_plan(spread, text)
    whole = direct.account.container("shop", "orders")
    parts = whole.partitions
    whole.partitions = type(parts)()
    answer = direct.query(text, x_ms_max_item_count="-1")
    assert answer.status == 200
    expected = json.loads(answer.body)["Documents"]
    assert len(parts.all) == 3
    assert (
        merged == expected if "ORDER BY" in text else sorted(map(identity, merged)) == sorted(map(identity, expected))
    )
