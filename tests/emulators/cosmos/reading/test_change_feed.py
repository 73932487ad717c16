from datetime import UTC, datetime

import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, DatabaseProxy
from quartet_emulators.cosmos.json_text import Json

from tests.emulators.cosmos.clock import Clock
from tests.emulators.cosmos.direct import Direct


async def changes(orders: ContainerProxy, **options: Json) -> tuple[list[str], str]:
    """The ids of the changed items, and the continuation."""
    feed = orders.query_items_change_feed(**options)
    ids = [item["id"] async for item in feed]
    headers = orders.client_connection.last_response_headers
    return ids, headers["etag"]


async def test_from_the_beginning_each_item_comes_once_in_the_order_of_its_last_change(orders: ContainerProxy) -> None:
    for item_id in ("1", "2", "3"):
        await orders.create_item({"id": item_id, "pk": item_id})
    await orders.upsert_item({"id": "1", "pk": "1", "n": 1})
    await orders.delete_item("2", "2")
    ids, _ = await changes(orders, start_time="Beginning")
    assert ids == ["3", "1"]


async def test_a_continuation_continues_where_the_last_page_ended(orders: ContainerProxy) -> None:
    await orders.create_item({"id": "1", "pk": "b1"})
    _, continuation = await changes(orders, start_time="Beginning")
    assert (await changes(orders, continuation=continuation))[0] == []
    await orders.create_item({"id": "2", "pk": "b1"})
    ids, continuation = await changes(orders, continuation=continuation)
    assert ids == ["2"]
    await orders.upsert_item({"id": "1", "pk": "b1"})
    assert (await changes(orders, continuation=continuation))[0] == ["1"]


async def test_from_now_only_later_changes_come(orders: ContainerProxy) -> None:
    await orders.create_item({"id": "1", "pk": "b1"})
    ids, continuation = await changes(orders, start_time="Now")
    assert ids == []
    await orders.create_item({"id": "2", "pk": "b1"})
    assert (await changes(orders, continuation=continuation))[0] == ["2"]


async def test_from_a_point_in_time(orders: ContainerProxy, clock: Clock) -> None:
    await orders.create_item({"id": "old", "pk": "b1"})
    clock.now += 60
    await orders.create_item({"id": "new", "pk": "b1"})
    since = datetime.fromtimestamp(clock.now - 30, UTC)
    assert (await changes(orders, start_time=since))[0] == ["new"]


async def test_the_changes_of_one_partition_key(orders: ContainerProxy) -> None:
    for number in range(20):
        await orders.create_item({"id": str(number), "pk": f"b{number % 4}"})
    for bucket in range(4):
        ids, _ = await changes(orders, start_time="Beginning", partition_key=f"b{bucket}")
        assert ids == [str(number) for number in range(bucket, 20, 4)]


async def test_the_changes_of_a_prefix_of_a_hierarchical_key(shop: DatabaseProxy) -> None:
    visits = await shop.create_container("visits", PartitionKey(["/tenant", "/user"]))
    for tenant, user in (("t1", "ann"), ("t2", "ann"), ("t1", "bob")):
        await visits.create_item({"id": f"{tenant}-{user}", "tenant": tenant, "user": user})
    assert (await changes(visits, start_time="Beginning", partition_key=["t1"]))[0] == ["t1-ann", "t1-bob"]


async def test_pages_are_as_small_as_asked_for(orders: ContainerProxy) -> None:
    for number in range(5):
        await orders.create_item({"id": str(number), "pk": "b1"})
    pages = orders.query_items_change_feed(start_time="Beginning", max_item_count=2).by_page()
    sizes = [len([item async for item in page]) async for page in pages]
    assert [size for size in sizes if size] == [2, 2, 1]


async def test_a_batch_is_never_torn_apart(orders: ContainerProxy) -> None:
    await orders.create_item({"id": "before", "pk": "b1"})
    await orders.execute_item_batch([("create", ({"id": str(number), "pk": "b1"},)) for number in range(5)], "b1")
    await orders.create_item({"id": "after", "pk": "b1"})
    pages = orders.query_items_change_feed(start_time="Beginning", max_item_count=2).by_page()
    found = [[item["id"] async for item in page] async for page in pages]
    assert found[:2] == [["before", "0", "1", "2", "3", "4"], ["after"]]


def test_a_continuation_survives_a_restart_even_if_the_newest_item_was_deleted(direct: Direct, clock: Clock) -> None:
    """Otherwise a new change would get a sequence number that the reader has passed already."""
    direct.items("POST", {"id": "1", "pk": "b1"})
    direct.items("POST", {"id": "2", "pk": "b1"})
    direct.items("DELETE", item="2")
    container = direct.account.container("shop", "orders")
    before = container.lsn
    path = direct.account.storage.path.parent
    direct.close()
    again = Direct(path, clock)
    again.items("POST", {"id": "3", "pk": "b1"})
    after = again.account.container("shop", "orders").changes(before, clock.now)
    assert [item.id for item in after] == ["3"]
    again.close()


def test_only_the_last_change_of_an_item_is_kept(direct: Direct, clock: Clock) -> None:
    for number in range(3000):
        direct.items("POST", {"id": str(number % 3), "pk": "b1", "n": number}, x_ms_documentdb_is_upsert="True")
    container = direct.account.container("shop", "orders")
    assert [item.id for item in container.changes(0, clock.now)] == ["0", "1", "2"]


@pytest.mark.parametrize("etag", ["abc", '"-1"', '"1', '"' + "9" * 5000 + '"', ""])
def test_a_continuation_of_something_else_is_refused(direct: Direct, etag: str) -> None:
    path = "dbs/shop/colls/orders/docs"
    answer = direct("GET", path, a_im="Incremental Feed", if_none_match=etag)
    assert answer.status == (304 if etag == '"1' else 400)


def test_all_versions_and_deletes_are_not_supported(direct: Direct) -> None:
    assert direct("GET", "dbs/shop/colls/orders/docs", a_im="Full-Fidelity Feed").status == 400
