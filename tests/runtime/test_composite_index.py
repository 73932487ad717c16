"""A container gets the composite index that its queries need. Without it, Cosmos DB refuses them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import DatabaseProxy

from quartet.azure.cosmos.provision import open_database
from quartet.engine.declaration.participant import DEPLOYMENT, ContainerSpec
from tests.cosmos_fixture import Cosmos, running_cosmos

GATES = ContainerSpec("gates", sorted_by=("/terminal", "/number"))
SPECS = (GATES, DEPLOYMENT)
BY_NUMBER = [{"path": "/number", "order": "ascending"}, {"path": "/terminal", "order": "ascending"}]
OWN_TTL = 86_400
SORTED = "SELECT VALUE c.id FROM c ORDER BY c.terminal DESC, c.number DESC"


@pytest.fixture
async def cosmos(tmp_path: Path) -> AsyncIterator[Cosmos]:
    async with running_cosmos(tmp_path / "cosmos") as running:
        yield running


async def opened(cosmos: Cosmos, *, may_create: bool) -> DatabaseProxy:
    return await open_database(cosmos.client, "airport", SPECS, buckets=16, may_create=may_create)


async def ids(database: DatabaseProxy) -> list[Any]:
    gates = database.get_container_client("gates")
    for number in (1, 2):
        await gates.upsert_item({"id": str(number), "pk": "a", "terminal": "T", "number": number})
    return [row async for row in gates.query_items(SORTED)]


async def earlier(cosmos: Cosmos) -> DatabaseProxy:
    """The database of a release whose queries did not sort."""
    database = await cosmos.client.create_database("airport")
    policy: Any = {"includedPaths": [{"path": "/*"}], "excludedPaths": [], "compositeIndexes": [BY_NUMBER]}
    await database.create_container("gates", PartitionKey("/pk"), indexing_policy=policy, default_ttl=OWN_TTL)
    await database.create_container(DEPLOYMENT.name, PartitionKey("/id"))
    return database


async def test_a_new_container_can_sort(cosmos: Cosmos) -> None:
    assert await ids(await opened(cosmos, may_create=True)) == ["2", "1"]


async def test_a_container_of_an_earlier_release_is_changed_and_keeps_its_own_indexes(cosmos: Cosmos) -> None:
    await earlier(cosmos)
    database = await opened(cosmos, may_create=True)
    assert await ids(database) == ["2", "1"]
    properties = await database.get_container_client("gates").read()
    assert properties["indexingPolicy"]["compositeIndexes"][0] == BY_NUMBER
    assert len(properties["indexingPolicy"]["compositeIndexes"]) == 2
    assert properties["defaultTtl"] == OWN_TTL
    etag = properties["_etag"]
    await opened(cosmos, may_create=True)
    assert (await database.get_container_client("gates").read())["_etag"] == etag


async def test_an_identity_changes_nothing(cosmos: Cosmos) -> None:
    database = await earlier(cosmos)
    await opened(cosmos, may_create=False)
    properties = await database.get_container_client("gates").read()
    assert properties["indexingPolicy"]["compositeIndexes"] == [BY_NUMBER]
