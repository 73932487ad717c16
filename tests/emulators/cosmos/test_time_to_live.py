import json

import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, DatabaseProxy
from azure.cosmos.exceptions import CosmosResourceNotFoundError
from quartet_emulators.cosmos import CosmosEmulator

from tests.emulators.cosmos.clock import Clock
from tests.emulators.cosmos.direct import Direct


@pytest.fixture
async def sessions(shop: DatabaseProxy) -> ContainerProxy:
    """Items live 10 seconds unless they say otherwise."""
    container = await shop.create_container("sessions", PartitionKey("/pk"), default_ttl=10)
    await container.create_item({"id": "usual", "pk": "b1"})
    await container.create_item({"id": "short", "pk": "b1", "ttl": 5})
    await container.create_item({"id": "eternal", "pk": "b1", "ttl": -1})
    return container


async def living(container: ContainerProxy) -> dict[str, list[str]]:
    """The ids that each way of reading finds."""
    return {
        "scan": [item["id"] async for item in container.read_all_items()],
        "query": [i async for i in container.query_items("SELECT VALUE c.id FROM c WHERE c.pk = 'b1'")],
        "by id": [
            i
            async for i in container.query_items(
                "SELECT VALUE c.id FROM c WHERE c.id IN ('usual', 'short', 'eternal')", partition_key="b1"
            )
        ],
        "feed": [item["id"] async for item in container.query_items_change_feed(start_time="Beginning")],
        "many": [i["id"] for i in await container.read_items([("usual", "b1"), ("short", "b1"), ("eternal", "b1")])],
    }


async def test_expired_items_are_invisible_to_every_read(sessions: ContainerProxy, clock: Clock) -> None:
    start = clock.now
    for elapsed, expected in ((4, ["usual", "short", "eternal"]), (5, ["usual", "eternal"]), (10, ["eternal"])):
        clock.now = int(start) + elapsed
        assert await living(sessions) == dict.fromkeys(["scan", "query", "by id", "feed", "many"], expected)


async def test_an_expired_item_is_gone_for_writes_too(sessions: ContainerProxy, clock: Clock) -> None:
    clock.now += 20
    for write in (
        sessions.read_item("usual", "b1"),
        sessions.replace_item("usual", {"id": "usual", "pk": "b1"}),
        sessions.patch_item("usual", "b1", [{"op": "set", "path": "/n", "value": 1}]),
        sessions.delete_item("usual", "b1"),
    ):
        with pytest.raises(CosmosResourceNotFoundError):
            await write
    assert (await sessions.create_item({"id": "usual", "pk": "b1"}))["id"] == "usual"
    assert (await sessions.read_item("usual", "b1"))["id"] == "usual"


async def test_a_write_starts_the_time_again(sessions: ContainerProxy, clock: Clock) -> None:
    clock.now += 8
    await sessions.upsert_item({"id": "usual", "pk": "b1"})
    clock.now += 8
    assert (await sessions.read_item("usual", "b1"))["id"] == "usual"


async def test_without_a_default_the_items_ttl_means_nothing(orders: ContainerProxy, clock: Clock) -> None:
    await orders.create_item({"id": "1", "pk": "b1", "ttl": 1})
    clock.now += 100
    assert (await orders.read_item("1", "b1"))["ttl"] == 1


async def test_expired_items_are_removed_from_disk_in_time(
    sessions: ContainerProxy, clock: Clock, emulator: CosmosEmulator
) -> None:
    clock.now += 100
    await sessions.create_item({"id": "new", "pk": "b1"})
    database = emulator.account.database("shop")
    container = database.containers["sessions"]
    assert sorted(row.id for row in container.items.scan()) == ["eternal", "new"]


def test_an_item_without_a_time_to_live_has_no_such_field(direct: Direct) -> None:
    """The service answers: "The input ttl 'null' is invalid"."""
    assert direct.items("POST", {"id": "1", "pk": "b1", "ttl": None}).status == 400


@pytest.mark.parametrize("ttl", [0, -2, "5", 1.5, True])
def test_a_ttl_is_a_positive_whole_number_or_minus_one(direct: Direct, ttl: object) -> None:
    assert direct.items("POST", {"id": "1", "pk": "b1", "ttl": ttl}).status == 400
    assert (
        direct("POST", "dbs/shop/colls", {"id": "c", "partitionKey": {"paths": ["/pk"]}, "defaultTtl": ttl}).status
        == 400
    )


def test_another_time_to_live_of_the_container_counts_for_items_that_are_there(direct: Direct, clock: Clock) -> None:
    definition = {"id": "orders", "partitionKey": {"paths": ["/pk"], "kind": "Hash", "version": 2}}

    def found(**ttl: int) -> list[str]:
        assert direct("PUT", "dbs/shop/colls/orders", definition | ttl).status == 200
        answer = direct.query("SELECT VALUE c.id FROM c", x_ms_documentdb_partitionkey='["b1"]')
        ids: list[str] = json.loads(answer.body)["Documents"]
        return ids

    direct.items("POST", {"id": "usual", "pk": "b1"})
    direct.items("POST", {"id": "brief", "pk": "b1", "ttl": 20})
    direct.items("POST", {"id": "eternal", "pk": "b1", "ttl": -1})
    clock.now += 15
    assert found(defaultTtl=60) == ["usual", "brief", "eternal"]
    clock.now += 15
    assert found() == ["usual", "brief", "eternal"]  # without a default, no ttl counts
    assert found(defaultTtl=-1) == ["usual", "eternal"]
    assert found(defaultTtl=25) == ["eternal"]
