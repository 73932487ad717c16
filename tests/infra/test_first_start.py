"""A service that may write documents and nothing else starts on what Bicep has made."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from azure.cosmos import PartitionKey

from quartet.azure.cosmos import console_database
from quartet.azure.cosmos.provision import open_database
from quartet.engine.declaration.participant import DEPLOYMENT, Participant
from services.operations.participants import PARTICIPANTS
from tests.cosmos_fixture import Cosmos, running_cosmos
from tests.infra.bicep import read_json

SAGA = read_json("saga.json")


@pytest.fixture
async def as_deployed(tmp_path: Path) -> AsyncIterator[Cosmos]:
    """An account with the databases and containers of saga.json, and no document."""
    async with running_cosmos(tmp_path) as cosmos:
        for service in [*SAGA["services"], SAGA["console"]]:
            database = await cosmos.client.create_database(service["database"])
            for container in service["containers"]:
                await database.create_container(container["name"], PartitionKey(path=container["partitionKey"]))
        yield cosmos


@pytest.mark.parametrize("participant", PARTICIPANTS, ids=lambda one: one.name)
async def test_it_finds_everything_and_records_the_buckets(
    participant: Participant[Any, Any], as_deployed: Cosmos
) -> None:
    database = await open_database(
        as_deployed.client,
        participant.database,
        participant.all_containers,
        buckets=SAGA["buckets"],
        may_create=False,
    )
    record = await database.get_container_client(DEPLOYMENT.name).read_item("buckets", partition_key="buckets")
    assert record["count"] == SAGA["buckets"]


async def test_the_console_finds_its_database_and_records_the_buckets(as_deployed: Cosmos) -> None:
    database = await open_database(
        as_deployed.client,
        console_database.DATABASE,
        console_database.CONTAINERS,
        buckets=console_database.BUCKETS,
        may_create=False,
    )
    record = await database.get_container_client(DEPLOYMENT.name).read_item("buckets", partition_key="buckets")
    assert record["count"] == console_database.BUCKETS
