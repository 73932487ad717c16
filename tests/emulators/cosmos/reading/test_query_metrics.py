"""The metrics that a query has when its client asks for them."""

import base64
import json
from typing import Any

import pytest
from azure.cosmos.aio import ContainerProxy

from tests.emulators.cosmos.clock import Clock
from tests.emulators.cosmos.direct import Direct


@pytest.fixture
def direct(direct: Direct) -> Direct:
    for number in range(8):
        direct.items("POST", {"id": str(number), "pk": "b1", "n": number, "tags": ["a"]})
    return direct


def metrics(direct: Direct, text: str) -> dict[str, str]:
    answer = direct.query(text, x_ms_documentdb_populatequerymetrics="True")
    return dict(entry.split("=") for entry in answer.headers["x-ms-documentdb-query-metrics"].split(";"))


def indexes(direct: Direct, text: str, **headers: str) -> dict[str, list[Any]]:
    answer = direct.query(text, x_ms_cosmos_populateindexmetrics="True", **headers)
    content: dict[str, list[dict[str, Any]]] = json.loads(
        base64.b64decode(answer.headers["x-ms-cosmos-index-utilization"])
    )
    return {kind: [one.get("IndexSpec") or one["IndexSpecs"] for one in found] for kind, found in content.items()}


def test_a_query_says_what_it_has_looked_at(direct: Direct) -> None:
    found = metrics(direct, "SELECT * FROM c WHERE c.n < 2")
    rows = json.loads(direct.query("SELECT * FROM c WHERE c.n < 2").body)["Documents"]
    sizes = [len(json.dumps(row, separators=(",", ":"))) for row in rows]
    assert (found["retrievedDocumentCount"], found["outputDocumentCount"]) == ("8", "2")
    assert found["outputDocumentSize"] == str(sum(sizes))
    assert int(found["retrievedDocumentSize"]) == 4 * sum(sizes)
    assert found["indexUtilizationRatio"] == "0.25"
    assert float(found["totalExecutionTimeInMs"]) >= 0


def test_a_count_of_all_items_reads_no_document(direct: Direct) -> None:
    found = metrics(direct, "SELECT VALUE COUNT(1) FROM c")
    assert (found["retrievedDocumentCount"], found["retrievedDocumentSize"]) == ("0", "0")
    assert found["indexUtilizationRatio"] == "1.00"
    assert direct.query("SELECT VALUE COUNT(1) FROM c").headers["x-ms-request-charge"] == "2.3"


def test_a_count_knows_partitions_and_what_has_expired(direct: Direct, clock: Clock) -> None:
    key = {"paths": ["/pk"], "kind": "Hash", "version": 2}
    definition = {"id": "orders", "partitionKey": key, "defaultTtl": -1}
    assert direct("PUT", "dbs/shop/colls/orders", definition).status == 200
    direct.items("POST", {"id": "brief", "pk": "b2", "ttl": 10}, key="b2")
    direct.items("POST", {"id": "other", "pk": "b2"}, key="b2")

    def count(text: str, **headers: str) -> list[object]:
        found: list[object] = json.loads(direct.query(text, **headers).body)["Documents"]
        return found

    assert count("SELECT VALUE COUNT(1) FROM c") == [10]
    assert count("SELECT COUNT(1) AS n FROM c", x_ms_documentdb_partitionkey='["b2"]') == [{"n": 2}]
    clock.now += 11
    assert count("SELECT VALUE COUNT(1) FROM c", x_ms_documentdb_partitionkey='["b2"]') == [1]
    assert count("SELECT VALUE COUNT(1) FROM c WHERE c.pk = 'b2'") == [1]
    assert count("SELECT TOP 3 VALUE 1 FROM c") == [1, 1, 1]


def test_a_query_says_which_indexes_it_uses_and_lacks(direct: Direct) -> None:
    text = "SELECT * FROM c WHERE c.name.first = 'A' AND c.n > 2 AND ARRAY_CONTAINS(c.tags, 'a')"
    assert indexes(direct, text) == {
        "UtilizedSingleIndexes": ["/name/first/?", "/n/?", "/tags/[]/?"],
        "PotentialSingleIndexes": [],
        "UtilizedCompositeIndexes": [],
        "PotentialCompositeIndexes": [["/name/first ASC", "/n ASC"]],
    }
    within = indexes(direct, "SELECT * FROM c ORDER BY c.n", x_ms_documentdb_partitionkey='["b1"]')
    assert within["UtilizedSingleIndexes"] == ["/n/?", "/pk/?"]
    assert indexes(direct, "SELECT * FROM c WHERE LENGTH(c.n) = 1")["UtilizedSingleIndexes"] == []


def test_what_the_policy_lacks_could_be_used(direct: Direct) -> None:
    composite = [[{"path": "/n", "order": "ascending"}, {"path": "/m", "order": "descending"}]]
    policy = {"includedPaths": [{"path": "/n/?"}], "excludedPaths": [{"path": "/*"}], "compositeIndexes": composite}
    key = {"paths": ["/pk"], "kind": "Hash", "version": 2}
    definition = {"id": "orders", "partitionKey": key, "indexingPolicy": policy}
    assert direct("PUT", "dbs/shop/colls/orders", definition).status == 200
    found = indexes(direct, "SELECT * FROM c WHERE c.n = 1 AND c.k = 2")
    assert (found["UtilizedSingleIndexes"], found["PotentialSingleIndexes"]) == (["/n/?"], ["/k/?"])
    found = indexes(direct, "SELECT * FROM c ORDER BY c.n, c.m DESC")
    assert (found["UtilizedCompositeIndexes"], found["PotentialCompositeIndexes"]) == ([["/n ASC", "/m DESC"]], [])


async def test_the_sdk_reads_them(orders: ContainerProxy) -> None:
    await orders.create_item({"id": "1", "pk": "b1"})
    seen: list[Any] = []
    rows = orders.query_items(
        "SELECT * FROM c",
        partition_key="b1",
        populate_query_metrics=True,
        populate_index_metrics=True,
        response_hook=lambda headers, _: seen.append(headers),
    )
    assert len([row async for row in rows]) == 1
    assert "retrievedDocumentCount=1;" in seen[0]["x-ms-documentdb-query-metrics"]
    assert seen[0]["x-ms-cosmos-index-utilization"]["UtilizedSingleIndexes"][0]["IndexSpec"] == "/pk/?"
