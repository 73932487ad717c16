from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.core import MatchConditions
from azure.core.pipeline.transport import RequestsTransport
from azure.cosmos import ContainerProxy, CosmosClient, PartitionKey
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosBatchOperationError,
    CosmosHttpResponseError,
    CosmosResourceNotFoundError,
)

from tests.emulators.cosmos.blocking import running_beside


@pytest.fixture
def connection_string(tmp_path: Path) -> Iterator[str]:
    """An emulator on a loop of its own, for a client that blocks."""
    with running_beside(tmp_path) as beside:
        yield beside.emulator.connection_string


@pytest.fixture
def orders(connection_string: str) -> Iterator[ContainerProxy]:
    transport = RequestsTransport(use_env_settings=False)
    with CosmosClient.from_connection_string(connection_string, transport=transport) as client:
        database = client.create_database_if_not_exists("shop")
        yield database.create_container_if_not_exists("orders", PartitionKey("/pk"))


def test_items_batches_and_queries_work_with_the_blocking_client(orders: ContainerProxy) -> None:
    created = orders.create_item({"id": "1", "pk": "b1", "n": 1})
    orders.replace_item(
        "1", {"id": "1", "pk": "b1", "n": 2}, etag=created["_etag"], match_condition=MatchConditions.IfNotModified
    )
    with pytest.raises(CosmosAccessConditionFailedError):
        orders.delete_item("1", "b1", etag=created["_etag"], match_condition=MatchConditions.IfNotModified)
    results = orders.execute_item_batch(
        [("create", ({"id": "2", "pk": "b1"},)), ("patch", ("1", [{"op": "incr", "path": "/n", "value": 1}]))], "b1"
    )
    assert [result["statusCode"] for result in results] == [201, 200]
    with pytest.raises(CosmosBatchOperationError):
        orders.execute_item_batch([("create", ({"id": number, "pk": "b1"},)) for number in "32"], "b1")
    assert [item["id"] for item in orders.query_items("SELECT c.id FROM c", partition_key="b1")] == ["1", "2"]
    assert [item["id"] for item in orders.read_items([("2", "b1"), ("1", "b1"), ("4", "b9")])] == ["2", "1"]
    assert [item["id"] for item in orders.query_items_change_feed(start_time="Beginning")] == ["2", "1"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT VALUE COUNT(1) FROM c", [3]),
        ("SELECT VALUE MAX(c.n) FROM c", [3]),
        ("SELECT VALUE c.id FROM c ORDER BY c.n DESC", ["3", "2", "1"]),
        ("SELECT DISTINCT VALUE c.pk FROM c", ["b1", "b0"]),
        ("SELECT c.pk, COUNT(1) AS k FROM c GROUP BY c.pk", [{"pk": "b1", "k": 2}, {"pk": "b0", "k": 1}]),
        ("SELECT TOP 1 VALUE c.id FROM c", ["1"]),
    ],
)
def test_queries_over_all_partitions_need_no_query_plan(
    orders: ContainerProxy, query: str, expected: list[object]
) -> None:
    for number in (1, 2, 3):
        orders.create_item({"id": str(number), "pk": f"b{number % 2}", "n": number})
    assert list(orders.query_items(query, enable_cross_partition_query=True)) == expected


def test_a_query_over_all_partitions_is_refused_unless_it_is_allowed(orders: ContainerProxy) -> None:
    orders.create_item({"id": "1", "pk": "b1"})
    with pytest.raises(CosmosHttpResponseError, match="Cross partition query is required but disabled"):
        list(orders.query_items("SELECT * FROM c"))
    assert [item["id"] for item in orders.query_items("SELECT * FROM c WHERE c.pk = 'b1'")] == ["1"]


def test_all_items_of_a_partition_key_are_deleted_together(orders: ContainerProxy) -> None:
    for number in range(5):
        orders.create_item({"id": str(number), "pk": f"b{number % 2}"})
    orders.delete_all_items_by_partition_key("b0")
    assert [item["id"] for item in orders.read_all_items()] == ["1", "3"]
    orders.delete_all_items_by_partition_key("nothing")


def test_there_are_no_stored_procedures_triggers_functions_conflicts_and_users(
    connection_string: str, orders: ContainerProxy
) -> None:
    scripts = orders.scripts
    assert list(scripts.list_stored_procedures()) == []
    assert list(scripts.list_triggers()) == []
    assert list(scripts.query_user_defined_functions("SELECT * FROM c")) == []
    assert list(orders.list_conflicts()) == []
    assert list(orders.query_conflicts("SELECT * FROM c", partition_key="b0")) == []
    assert list(orders.query_conflicts("SELECT * FROM c", enable_cross_partition_query=True)) == []
    with pytest.raises(CosmosHttpResponseError, match="Cross partition query is required but disabled"):
        list(orders.query_conflicts("SELECT * FROM c"))
    with CosmosClient.from_connection_string(
        connection_string, transport=RequestsTransport(use_env_settings=False)
    ) as client:
        assert list(client.get_database_client("shop").list_users()) == []
    with pytest.raises(CosmosResourceNotFoundError):
        scripts.get_stored_procedure("none")
