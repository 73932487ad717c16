"""A client that answers a query by its plan, for what the Python SDK does not merge: groups, and counts of rows.

It does what the JavaScript and .NET SDKs do with the parts: groups by ``groupByItems``, sums of sums, sums of counts.
"""

import json
from itertools import islice

from quartet_emulators.cosmos.exchange import Answer
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.sql.accumulators import ACCUMULATORS
from quartet_emulators.cosmos.sql.rewriting import FILTER
from quartet_emulators.cosmos.sql.values import UNDEFINED, identity, sort_key

from tests.emulators.cosmos.direct import Direct

ITEMS = "dbs/shop/colls/orders/docs"
ALLOWED = "x_ms_documentdb_query_enablecrosspartition"
ALL = [{"min": "", "max": "FF", "isMinInclusive": True, "isMaxInclusive": False}]
_MERGED = {"Average": "SUM", "Count": "SUM", "CountIf": "SUM", "Sum": "SUM", "Min": "MIN", "Max": "MAX"}


def spread_over_three(direct: Direct) -> Direct:
    """Sixty items in `shop/orders`, in the ranges 1, 3 and 4."""
    for number in range(60):
        item: Json = {"id": f"{number:02}", "n": number % 7, "half": number / 2, "s": "abc"[number % 3]}
        key = {"pk": f"b{number}", "t": ["x", "y"][: number % 3]}
        direct.items("POST", item | key | ({"odd": 1} if number % 2 else {}), key=f"b{number}")
    direct.account.split("shop", "orders", None)
    direct.account.split("shop", "orders", "2")
    return direct


def refusal(answer: Answer) -> tuple[int, str | None]:
    """Status and sub-status."""
    return answer.status, answer.headers.get("x-ms-substatus")


def plan_of(direct: Direct, text: str, parameters: Json = None, **headers: str) -> Json:
    body = {"query": text, "parameters": parameters or []}
    answer = direct("POST", ITEMS, body, x_ms_cosmos_is_query_plan_request="True", **headers)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def by_plan(direct: Direct, text: str) -> list[Json]:
    """The rows of a query over all ranges."""
    info = plan_of(direct, text)["queryInfo"]
    rows = _of_ranges(direct, (info["rewrittenQuery"] or text).replace(FILTER, "true"))
    for number, order in reversed(list(enumerate(info["orderBy"]))):
        rows.sort(
            key=lambda row: sort_key(row["orderByItems"][number].get("item", UNDEFINED)), reverse=order == "Descending"
        )
    if info["orderBy"]:
        rows = [row["payload"] for row in rows]
    elif info["groupByExpressions"] or info["groupByAliases"]:
        rows = _groups(rows, info)
    elif info["aggregates"]:
        rows = _known([_merged(info["aggregates"][0], [row[0] for row in rows])])
    if info["distinctType"] != "None":
        rows = list({identity(row): row for row in rows}.values())
    if "dCountInfo" in info:
        alias = info["dCountInfo"]["dCountAlias"]
        return [{alias: len(rows)} if alias else len(rows)]
    rows = rows[info["offset"] or 0 :]
    return list(islice(rows, info["limit"] if info["top"] is None else info["top"]))


def _of_ranges(direct: Direct, text: str) -> list[Json]:
    rows: list[Json] = []
    for partition in direct.account.container("shop", "orders").partitions.all:
        answer = direct.query(text, x_ms_documentdb_partitionkeyrangeid=partition.id, x_ms_max_item_count="-1")
        assert answer.status == 200, answer.body
        rows += json.loads(answer.body)["Documents"]
    return rows


def _groups(rows: list[Json], info: Json) -> list[Json]:
    groups: dict[str, list[Json]] = {}
    for row in rows:
        groups.setdefault(identity(row.get("groupByItems")), []).append(row.get("payload", UNDEFINED))
    if info["hasSelectValue"]:
        [operator] = info["aggregates"] or [None]
        parts = [[part if operator is None else part[0] for part in found] for found in groups.values()]
        return _known([_merged(operator, found) for found in parts])
    operators = info["groupByAliasToAggregateType"]
    merged = []
    for found in groups.values():
        row = {name: _merged(operators[name], [part.get(name, UNDEFINED) for part in found]) for name in operators}
        merged.append({name: value for name, value in row.items() if value is not UNDEFINED})
    return merged


def _merged(operator: str | None, parts: list[Json]) -> Json:
    if operator is None:
        return parts[0]
    items = [part.get("item", UNDEFINED) for part in parts]
    if operator == "Average":
        count = sum(item["count"] for item in items)
        total = sum(item["sum"] for item in items)
        return total / count if count else UNDEFINED
    accumulator = ACCUMULATORS[_MERGED[operator]]()
    for item in items:
        accumulator.add(item)
    return accumulator.result()


def _known(values: list[Json]) -> list[Json]:
    return [value for value in values if value is not UNDEFINED]
