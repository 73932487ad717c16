import pytest
from azure.cosmos import PartitionKey, ThroughputProperties
from azure.cosmos.aio import ContainerProxy, CosmosClient, DatabaseProxy
from azure.cosmos.exceptions import (
    CosmosHttpResponseError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)
from quartet_emulators.cosmos.json_text import Json

from tests.emulators.cosmos.direct import Direct


async def test_databases_are_created_listed_queried_and_deleted(client: CosmosClient) -> None:
    await client.create_database("shop")
    await client.create_database("depot")
    assert [database["id"] async for database in client.list_databases()] == ["shop", "depot"]
    found = client.query_databases("SELECT * FROM d WHERE d.id = @id", parameters=[{"name": "@id", "value": "depot"}])
    assert [database["id"] async for database in found] == ["depot"]
    await client.delete_database("shop")
    assert [database["id"] async for database in client.list_databases()] == ["depot"]
    with pytest.raises(CosmosResourceNotFoundError):
        await client.get_database_client("shop").read()


async def test_a_second_creation_conflicts_and_if_not_exists_does_not(client: CosmosClient) -> None:
    await client.create_database("shop")
    with pytest.raises(CosmosResourceExistsError):
        await client.create_database("shop")
    shop = await client.create_database_if_not_exists("shop")
    first = await shop.create_container_if_not_exists("orders", PartitionKey("/pk"))
    with pytest.raises(CosmosResourceExistsError):
        await shop.create_container("orders", PartitionKey("/pk"))
    again = await shop.create_container_if_not_exists("orders", PartitionKey("/pk"))
    assert (await first.read())["_rid"] == (await again.read())["_rid"]


async def test_a_container_keeps_what_it_was_created_with(shop: DatabaseProxy) -> None:
    indexing: Json = {"includedPaths": [{"path": "/status/?"}], "excludedPaths": [{"path": "/*"}]}
    container = await shop.create_container("orders", PartitionKey("/pk"), default_ttl=60, indexing_policy=indexing)
    body = await container.read()
    assert body["partitionKey"] == {"paths": ["/pk"], "kind": "Hash", "version": 2}
    assert body["defaultTtl"] == 60
    assert body["indexingPolicy"]["excludedPaths"] == [{"path": "/*"}, {"path": '/"_etag"/?'}]
    assert body["_self"] == f"dbs/{(await shop.read())['_rid']}/colls/{body['_rid']}/"


async def test_replacing_a_container_changes_policies_but_not_the_partition_key(shop: DatabaseProxy) -> None:
    container = await shop.create_container("orders", PartitionKey("/pk"))
    replaced = await shop.replace_container(container, PartitionKey("/pk"), default_ttl=5)
    assert (await replaced.read())["defaultTtl"] == 5
    with pytest.raises(CosmosHttpResponseError, match="partition key") as error:
        await shop.replace_container(container, PartitionKey("/other"))
    assert error.value.status_code == 400


async def test_containers_are_listed_and_queried(shop: DatabaseProxy) -> None:
    for name in ("orders", "items"):
        await shop.create_container(name, PartitionKey("/pk"))
    assert [body["id"] async for body in shop.list_containers()] == ["orders", "items"]
    found = shop.query_containers("SELECT c.id FROM c WHERE STARTSWITH(c.id, 'o')")
    assert [body async for body in found] == [{"id": "orders"}]


async def test_what_is_missing_says_what_is_missing(client: CosmosClient, shop: DatabaseProxy) -> None:
    """Sub-status 1003: the owner is missing, not the thing itself."""
    with pytest.raises(CosmosResourceNotFoundError) as error:
        await shop.get_container_client("nothing").read()
    assert error.value.sub_status in {None, 0}
    with pytest.raises(CosmosResourceNotFoundError) as error:
        await client.get_database_client("nothing").create_container("orders", PartitionKey("/pk"))
    assert error.value.sub_status == 1003


def test_an_item_request_on_a_missing_container_has_sub_status_1003(direct: Direct) -> None:
    answer = direct("GET", "dbs/shop/colls/nothing/docs/1", x_ms_documentdb_partitionkey='["b1"]')
    assert (answer.status, answer.headers["x-ms-substatus"]) == (404, "1003")


async def test_a_deleted_container_that_comes_back_is_empty_and_the_client_notices(
    shop: DatabaseProxy, orders: ContainerProxy
) -> None:
    """The client has cached the old container's id; 400/1024 makes it read the new one's."""
    await orders.create_item({"id": "1", "pk": "b1"})
    await shop.delete_container("orders")
    await shop.create_container("orders", PartitionKey("/pk"))
    with pytest.raises(CosmosResourceNotFoundError):
        await orders.read_item("1", "b1")
    await orders.create_item({"id": "1", "pk": "b1"})
    assert (await orders.read_item("1", "b1"))["id"] == "1"


def test_a_request_for_an_earlier_container_of_the_name_is_refused(direct: Direct) -> None:
    answer = direct.items("GET", item="1", x_ms_cosmos_intended_collection_rid="AAAAAAAAAAA=")
    assert (answer.status, answer.headers["x-ms-substatus"]) == (400, "1024")


async def test_throughput_is_kept_but_limits_nothing(shop: DatabaseProxy, orders: ContainerProxy) -> None:
    assert (await orders.get_throughput()).offer_throughput == 400
    await orders.replace_throughput(1000)
    assert (await orders.get_throughput()).offer_throughput == 1000
    scaled = await shop.create_container(
        "scaled", PartitionKey("/pk"), offer_throughput=ThroughputProperties(auto_scale_max_throughput=5000)
    )
    assert (await scaled.get_throughput()).auto_scale_max_throughput == 5000


async def test_an_autoscale_maximum_below_the_least_is_refused(shop: DatabaseProxy) -> None:
    with pytest.raises(CosmosHttpResponseError, match="999 is less than required minimum throughput 1000") as error:
        await shop.create_container(
            "scaled", PartitionKey("/pk"), offer_throughput=ThroughputProperties(auto_scale_max_throughput=999)
        )
    assert error.value.status_code == 400


def test_a_container_says_how_far_its_index_is_to_those_who_ask(direct: Direct) -> None:
    progress = "x-ms-documentdb-collection-index-transformation-progress"
    asked = direct("GET", "dbs/shop/colls/orders", x_ms_documentdb_populatequotainfo="True")
    assert asked.headers[progress] == "100"
    assert progress not in direct("GET", "dbs/shop/colls/orders").headers


async def test_containers_share_the_throughput_of_their_database(client: CosmosClient) -> None:
    depot = await client.create_database("depot", offer_throughput=600)
    await depot.create_container("orders", PartitionKey("/pk"))
    assert (await depot.get_throughput()).offer_throughput == 600
    offers = client.client_connection.QueryOffers("SELECT VALUE o.offerResourceId FROM o")
    assert [owner async for owner in offers] == [(await depot.read())["_rid"]]


@pytest.mark.parametrize("name", ["a/b", "a\\b", "a?b", "a#b", "ends with space ", "", "x" * 256, 7])
def test_names_that_the_service_refuses_are_refused(direct: Direct, name: object) -> None:
    assert direct("POST", "dbs", {"id": name}).status == 400


def test_the_limits_of_ids_are_named_as_the_service_does(direct: Direct) -> None:
    name = direct("POST", "dbs", {"id": "x" * 256})
    item = direct.items("POST", {"id": "x" * 1024, "pk": "b1"})
    assert b"provide a unique non-empty string less than '255' characters." in name.body
    assert b"provide a unique non-empty string less than '1024' characters." in item.body


@pytest.mark.parametrize(
    "definition",
    [
        None,
        "pk",
        {},
        {"paths": []},
        {"paths": ["pk"]},
        {"paths": ["/a"], "version": 3},
    ],
)
def test_a_container_needs_a_proper_partition_key(direct: Direct, definition: object) -> None:
    assert direct("POST", "dbs/shop/colls", {"id": "new", "partitionKey": definition}).status == 400


@pytest.mark.parametrize(("paths", "kind"), [(["/a", "/b"], "Hash"), (["/a", "/b", "/c", "/d"], "MultiHash")])
def test_too_many_paths_are_refused_in_the_words_of_the_service(direct: Direct, paths: list[str], kind: str) -> None:
    answer = direct("POST", "dbs/shop/colls", {"id": "new", "partitionKey": {"paths": paths, "kind": kind}})
    assert (answer.status, b"Too many partition key paths" in answer.body) == (400, True)


@pytest.mark.parametrize(
    "policy",
    [
        {"computedProperties": [{"name": "x", "query": "SELECT VALUE 1"}]},
        {"vectorEmbeddingPolicy": {"vectorEmbeddings": [{"path": "/v"}]}},
    ],
)
def test_policies_that_are_not_kept_are_not_pretended(direct: Direct, policy: dict[str, object]) -> None:
    answer = direct("POST", "dbs/shop/colls", {"id": "new", "partitionKey": {"paths": ["/pk"]}, **policy})
    assert (answer.status, b"does not support" in answer.body) == (400, True)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "dbs/shop/users"),
        ("POST", "dbs/shop/colls/orders/sprocs"),
        ("GET", "dbs/shop/colls/orders/schemas"),
        ("GET", "media"),
    ],
)
def test_an_unsupported_request_says_so(
    direct: Direct, method: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With 400: a client takes 501 for an outage, and repeats the request."""
    answer = direct(method, path, {"id": "x"})
    assert answer.status == 400
    assert b'"message":"The emulator does not support' in answer.body
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_wrong_verb_is_405(direct: Direct) -> None:
    assert direct("PUT", "dbs/shop").status == 405
