import json
import re
from collections import Counter
from pathlib import Path

import pytest
from azure.core import MatchConditions
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, CosmosClient, DatabaseProxy
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosHttpResponseError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)
from azure.cosmos.partition_key import NonePartitionKeyValue, NullPartitionKeyValue
from quartet_emulators.cosmos.json_text import Json

from tests.emulators.cosmos.clock import Clock
from tests.emulators.cosmos.direct import Direct

NOT_MODIFIED = MatchConditions.IfNotModified


async def test_an_answer_says_where_it_was_asked_for(orders: ContainerProxy) -> None:
    await orders.create_item({"id": "a b", "pk": "b1"})
    headers = (await orders.read_item("a b", "b1")).get_response_headers()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/dbs/\S+/docs/a%20b", headers["content-location"])


async def test_an_item_comes_back_with_its_system_properties(orders: ContainerProxy, clock: Clock) -> None:
    created = await orders.create_item({"id": "7", "pk": "b1", "lines": [{"sku": "tea", "price": "3.20"}], "no": None})
    read = await orders.read_item("7", "b1")
    assert read == created
    assert read["lines"] == [{"sku": "tea", "price": "3.20"}]
    assert read["no"] is None
    assert read["_ts"] == int(clock.now)
    assert read["_attachments"] == "attachments/"
    assert read["_self"].endswith(f"/docs/{read['_rid']}/")
    assert created.get_response_headers()["etag"] == read["_etag"]


@pytest.mark.parametrize(
    "value", ["plain", "Zürich ☕ 🍵", 'quo"te\\back', 1, 1.5, -0.1, 10**15, True, False, None, [], {}, [[{"a": []}]]]
)
async def test_values_survive_unchanged(orders: ContainerProxy, value: Json) -> None:
    await orders.create_item({"id": "1", "pk": "b1", "value": value})
    found = (await orders.read_item("1", "b1"))["value"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("item_id", ["a b", "Zürich", "50%", "a+b", "a:b@c&d=e;f,g", "x" * 255, "ORDER.v1_2-3~4"])
async def test_ids_with_odd_characters_work(orders: ContainerProxy, item_id: str) -> None:
    await orders.create_item({"id": item_id, "pk": "b1"})
    assert (await orders.read_item(item_id, "b1"))["id"] == item_id
    await orders.delete_item(item_id, "b1")


@pytest.mark.parametrize("item_id", ["a/b", "a\\b", "a?b", "a#b", "end ", "", None, 7, "x" * 1024, "ü" * 512])
def test_ids_that_the_service_refuses_are_refused(direct: Direct, item_id: object) -> None:
    assert direct.items("POST", {"id": item_id, "pk": "b1"}).status == 400


async def test_creating_twice_conflicts_within_a_partition_only(orders: ContainerProxy) -> None:
    await orders.create_item({"id": "1", "pk": "b1", "n": 1})
    with pytest.raises(CosmosResourceExistsError):
        await orders.create_item({"id": "1", "pk": "b1", "n": 2})
    await orders.create_item({"id": "1", "pk": "b2", "n": 3})
    assert (await orders.read_item("1", "b1"))["n"] == 1


async def test_upsert_creates_and_then_replaces(orders: ContainerProxy) -> None:
    first = await orders.upsert_item({"id": "1", "pk": "b1", "n": 1})
    second = await orders.upsert_item({"id": "1", "pk": "b1", "m": 2})
    assert "n" not in second
    assert second["_rid"] == first["_rid"]
    assert second["_etag"] != first["_etag"]


async def test_replace_and_delete_need_an_item(orders: ContainerProxy) -> None:
    with pytest.raises(CosmosResourceNotFoundError):
        await orders.replace_item("1", {"id": "1", "pk": "b1"})
    with pytest.raises(CosmosResourceNotFoundError):
        await orders.delete_item("1", "b1")
    with pytest.raises(CosmosResourceNotFoundError):
        await orders.read_item("1", "b1")


async def test_an_etag_lets_exactly_one_of_two_writers_through(orders: ContainerProxy) -> None:
    seen = await orders.create_item({"id": "1", "pk": "b1", "n": 0})
    etag = seen["_etag"]
    await orders.replace_item("1", {"id": "1", "pk": "b1", "n": 1}, etag=etag, match_condition=NOT_MODIFIED)
    for write in (
        orders.replace_item("1", {"id": "1", "pk": "b1", "n": 2}, etag=etag, match_condition=NOT_MODIFIED),
        orders.upsert_item({"id": "1", "pk": "b1", "n": 2}, etag=etag, match_condition=NOT_MODIFIED),
        orders.delete_item("1", "b1", etag=etag, match_condition=NOT_MODIFIED),
        orders.patch_item(
            "1", "b1", [{"op": "set", "path": "/n", "value": 2}], etag=etag, match_condition=NOT_MODIFIED
        ),
    ):
        with pytest.raises(CosmosAccessConditionFailedError):
            await write
    assert (await orders.read_item("1", "b1"))["n"] == 1


async def test_a_replace_that_changes_nothing_still_changes_the_etag(orders: ContainerProxy) -> None:
    body = {"id": "1", "pk": "b1"}
    etags = [(await orders.create_item(body))["_etag"]] + [
        (await orders.replace_item("1", body))["_etag"] for _ in range(3)
    ]
    assert len(set(etags)) == 4


async def test_an_item_that_was_deleted_and_created_again_has_another_etag(orders: ContainerProxy) -> None:
    first = await orders.create_item({"id": "1", "pk": "b1"})
    await orders.delete_item("1", "b1")
    again = await orders.create_item({"id": "1", "pk": "b1"})
    assert again["_etag"] != first["_etag"]
    assert again["_rid"] != first["_rid"]


async def test_the_etag_header_is_the_etag_property(orders: ContainerProxy) -> None:
    created = await orders.create_item({"id": "1", "pk": "b1"})
    etag = created.get_response_headers()["etag"]
    await orders.replace_item("1", {"id": "1", "pk": "b1"}, etag=etag, match_condition=NOT_MODIFIED)


async def test_a_read_of_what_the_client_has_already_is_not_repeated(orders: ContainerProxy) -> None:
    created = await orders.create_item({"id": "1", "pk": "b1"})
    same = await orders.read_item("1", "b1", etag=created["_etag"], match_condition=MatchConditions.IfModified)
    assert same == {}
    other = await orders.read_item("1", "b1", etag='"another"', match_condition=MatchConditions.IfModified)
    assert other["id"] == "1"


async def test_items_can_be_named_by_their_self_links(orders: ContainerProxy) -> None:
    """The SDK does so when it is given an item in place of an id."""
    created = await orders.create_item({"id": "1", "pk": "b1"})
    assert (await orders.read_item(created, "b1"))["id"] == "1"
    await orders.replace_item(created, {"id": "1", "pk": "b1", "n": 5})
    await orders.patch_item(created, "b1", [{"op": "incr", "path": "/n", "value": 1}])
    assert (await orders.read_item(created, "b1"))["n"] == 6
    await orders.delete_item(created, "b1")
    with pytest.raises(CosmosResourceNotFoundError):
        await orders.read_item(created, "b1")


def test_a_replace_may_change_the_id(direct: Direct) -> None:
    before = [json.loads(direct.items("POST", {"id": number, "pk": "b1"}).body) for number in "123"]
    answer = direct.items("PUT", {"id": "9", "pk": "b1", "n": 1}, item="1")
    assert answer.status == 200
    assert json.loads(answer.body)["_rid"] == before[0]["_rid"]
    assert direct.items("GET", item="1").status == 404
    assert [*direct.contents()] == ["9", "2", "3"]
    assert direct.contents()["9"] == {"id": "9", "pk": "b1", "n": 1}


def test_an_item_with_a_new_id_stays_where_it_was_in_pages(direct: Direct) -> None:
    for number in "123":
        direct.items("POST", {"id": number, "pk": "b1"})
    direct.items("PUT", {"id": "9", "pk": "b1"}, item="1")
    for key in ({}, {"x_ms_documentdb_partitionkey": '["b1"]'}):
        found: list[str] = []
        token = ""
        while not found or token:
            page = direct.query("SELECT VALUE c.id FROM c", x_ms_max_item_count="1", x_ms_continuation=token, **key)
            found += json.loads(page.body)["Documents"]
            token = page.headers.get("x-ms-continuation", "")
        assert found == ["9", "2", "3"]


def test_a_new_id_survives_a_restart(tmp_path: Path, clock: Clock) -> None:
    first = Direct(tmp_path / "again", clock)
    first.items("POST", {"id": "1", "pk": "b1"})
    first.items("PUT", {"id": "9", "pk": "b1"}, item="1")
    first.close()
    second = Direct(tmp_path / "again", clock)
    assert second.contents() == {"9": {"id": "9", "pk": "b1"}}
    second.close()


def test_in_one_batch_another_item_may_take_the_id_that_has_become_free(direct: Direct) -> None:
    direct.items("POST", {"id": "1", "pk": "b1"})
    renamed = {"operationType": "Replace", "id": "1", "resourceBody": {"id": "9", "pk": "b1"}}
    created = {"operationType": "Create", "resourceBody": {"id": "1", "pk": "b1", "n": 2}}
    assert direct.batch([renamed, created]).status == 200
    assert direct.contents() == {"9": {"id": "9", "pk": "b1"}, "1": {"id": "1", "pk": "b1", "n": 2}}


def test_a_replace_cannot_take_the_id_of_another_item(direct: Direct) -> None:
    for number in "12":
        direct.items("POST", {"id": number, "pk": "b1"})
    assert direct.items("PUT", {"id": "2", "pk": "b1", "n": 1}, item="1").status == 409
    assert direct.items("PUT", {"id": "2", "pk": "b1"}, item="3").status == 404
    assert direct.contents() == {"1": {"id": "1", "pk": "b1"}, "2": {"id": "2", "pk": "b1"}}


def test_the_item_must_have_the_partition_key_of_the_header(direct: Direct) -> None:
    answer = direct.items("POST", {"id": "1", "pk": "b2"}, key="b1")
    assert (answer.status, answer.headers["x-ms-substatus"]) == (400, "1001")
    assert direct.contents() == {}


def test_a_write_needs_a_partition_key(direct: Direct) -> None:
    assert direct("POST", "dbs/shop/colls/orders/docs", {"id": "1", "pk": "b1"}).status == 400


@pytest.mark.parametrize("header", ["b1", "[", '["a","b"]', "[[1]]", '[{"a":1}]', "[]", "[1e999]", '["\\ud800"]'])
def test_a_malformed_partition_key_is_refused(direct: Direct, header: str) -> None:
    answer = direct("GET", "dbs/shop/colls/orders/docs/1", x_ms_documentdb_partitionkey=header)
    assert answer.status == 400


@pytest.mark.parametrize("key", ["b1", "", 7, 7.25, True, False, None])
async def test_partition_keys_of_different_types_differ(orders: ContainerProxy, key: Json) -> None:
    for value in ("b1", "", 7, 7.25, True, False, None):
        await orders.create_item({"id": "1", "pk": value, "was": repr(value)})
    # the SDK takes None for "no key was given"
    wanted = NullPartitionKeyValue if key is None else key
    assert (await orders.read_item("1", wanted))["was"] == repr(key)


async def test_an_item_without_a_key_lies_under_the_missing_key(orders: ContainerProxy) -> None:
    await orders.create_item({"id": "1"})
    assert (await orders.read_item("1", NonePartitionKeyValue))["id"] == "1"


async def test_an_object_in_the_place_of_the_key_counts_as_missing(orders: ContainerProxy) -> None:
    """As the SDK for Python reads it out of a document."""
    await orders.create_item({"id": "1", "pk": {"a": 1}})
    assert (await orders.read_item("1", NonePartitionKeyValue))["pk"] == {"a": 1}


async def test_hierarchical_keys_have_all_levels_for_one_item_and_a_prefix_for_many(shop: DatabaseProxy) -> None:
    container = await shop.create_container("visits", PartitionKey(["/tenant", "/user"]))
    for tenant, user in (("t1", "ann"), ("t1", "bob"), ("t2", "ann")):
        await container.create_item({"id": "1", "tenant": tenant, "user": user})
    assert (await container.read_item("1", ["t1", "bob"]))["user"] == "bob"
    found = container.query_items("SELECT c.user FROM c", partition_key=["t1"])
    assert sorted([item["user"] async for item in found]) == ["ann", "bob"]
    with pytest.raises(CosmosHttpResponseError, match="Partition key provided either doesn't correspond to definition"):
        await container.read_item("1", ["t1"])


async def test_a_nested_partition_key_path_is_followed(shop: DatabaseProxy) -> None:
    container = await shop.create_container("nested", PartitionKey("/where/bucket"))
    await container.create_item({"id": "1", "where": {"bucket": "b1"}})
    assert (await container.read_item("1", "b1"))["id"] == "1"


def test_items_up_to_2_mb_are_taken_and_larger_ones_refused(direct: Direct) -> None:
    assert direct.items("POST", {"id": "1", "pk": "b1", "x": "y" * (2 * 1024 * 1024 - 500)}).status == 201
    assert direct.items("POST", {"id": "2", "pk": "b1", "x": "y" * (2 * 1024 * 1024)}).status == 413
    assert direct.items("POST", {"id": "3", "pk": "b1", "x": "y" * (2 * 1024 * 1024 - 60)}).status == 413


async def test_no_response_sends_no_body(orders: ContainerProxy) -> None:
    answer = await orders.create_item({"id": "1", "pk": "b1"}, no_response=True)
    assert answer == {}
    assert answer.get_response_headers()["etag"] == (await orders.read_item("1", "b1"))["_etag"]


async def test_charges_grow_with_size(orders: ContainerProxy) -> None:
    small = await orders.create_item({"id": "1", "pk": "b1"})
    large = await orders.create_item({"id": "2", "pk": "b1", "x": "y" * 10_000})
    read = await orders.read_item("2", "b1")
    charges = [float(answer.get_response_headers()["x-ms-request-charge"]) for answer in (small, large, read)]
    assert charges == [5.0, 50.0, 10.0]


async def test_answers_carry_what_the_session_needs(orders: ContainerProxy) -> None:
    first = (await orders.create_item({"id": "1", "pk": "b1"})).get_response_headers()
    second = (await orders.create_item({"id": "2", "pk": "b1"})).get_response_headers()
    assert (first["x-ms-session-token"], second["x-ms-session-token"]) == ("0:-1#1", "0:-1#2")
    assert first["x-ms-alt-content-path"] == "dbs/shop/colls/orders"
    assert first["x-ms-documentdb-partitionkeyrangeid"] == "0"
    assert len(first["x-ms-activity-id"]) == 36


def test_system_properties_in_a_body_are_the_servers_business(direct: Direct) -> None:
    body = {"id": "1", "pk": "b1", "_ts": 1, "_etag": "mine", "_rid": "x", "_self": "y", "_attachments": 0, "_own": 3}
    found = json.loads(direct.items("POST", body).body)
    assert found["_etag"] != "mine"
    assert found["_ts"] == 1_800_000_000
    assert found["_own"] == 3


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"\xff", b'{"id":"1","pk":"b1","x":NaN}', b"[" * 100_000])
def test_a_malformed_body_is_400(direct: Direct, body: bytes) -> None:
    assert direct.items("POST", body).status == 400


@pytest.mark.parametrize("body", [b'{"id":"1","pk":"b1","x":1e999}', b'{"id":"1","pk":"b1","x":"\\ud800"}'])
def test_a_value_that_could_not_be_read_back_is_400(direct: Direct, body: bytes) -> None:
    assert direct.items("POST", body).status == 400
    assert direct.contents() == {}


async def test_what_is_charged_is_summed_up_by_agent_and_operation(
    orders: ContainerProxy, charged: dict[tuple[str, str], float]
) -> None:
    charged.clear()
    for number in ("1", "2"):
        await orders.create_item({"id": number, "pk": "b1"})
    with pytest.raises(CosmosResourceNotFoundError):
        await orders.read_item("3", "b1")
    charged.pop(("tests", "metadata"), None)
    assert charged == {("tests", "create"): 10.0, ("tests", "read"): 1.0}


async def test_requests_are_counted_by_agent_and_operation(
    client: CosmosClient, orders: ContainerProxy, counters: Counter[tuple[str, str]]
) -> None:
    counters.clear()
    await orders.create_item({"id": "1", "pk": "b1"})
    await orders.upsert_item({"id": "1", "pk": "b1"})
    await orders.read_item("1", "b1")
    await orders.replace_item("1", {"id": "1", "pk": "b1"})
    await orders.patch_item("1", "b1", [{"op": "set", "path": "/n", "value": 1}])
    await orders.execute_item_batch([("read", ("1",))], "b1")
    await orders.delete_item("1", "b1")
    with pytest.raises(CosmosResourceNotFoundError):
        await orders.read_item("1", "b1")
    [item async for item in orders.query_items("SELECT * FROM c", partition_key="b1")]
    counted = {operation: count for (agent, operation), count in counters.items() if agent == "tests"}
    counted.pop("metadata", None)
    assert counted == {
        "create": 1,
        "upsert": 1,
        "read": 2,
        "replace": 1,
        "patch": 1,
        "batch": 1,
        "delete": 1,
        "query": 1,
    }
    assert client.client_connection.last_response_headers["x-ms-item-count"] == "0"
