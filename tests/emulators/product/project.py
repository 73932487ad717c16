"""The tests of a project that has never heard of sagas; test_plugin.py copies and runs them."""

import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import CosmosClient
from azure.cosmos.exceptions import CosmosHttpResponseError
from azure.eventhub import EventData
from azure.eventhub.aio import EventHubProducerClient
from azure.storage.blob.aio import BlobServiceClient
from quartet_emulators import AzureEmulators, EventHub
from quartet_emulators.fault_recipes import FaultRecipes


@pytest.mark.parametrize("number", [1, 2])
async def test_an_event_is_sent_to_a_hub_that_was_empty(event_hub: EventHub, number: int) -> None:
    async with EventHubProducerClient.from_connection_string(event_hub.connection_string) as producer:
        await producer.send_event(EventData(f"reading {number}"), partition_id="0")
        assert (await producer.get_partition_properties("0"))["last_enqueued_sequence_number"] == 0


async def test_an_item_is_found(azure: AzureEmulators, cosmos_database: str) -> None:
    async with CosmosClient.from_connection_string(azure.cosmos) as client:
        database = await client.create_database(cosmos_database)
        beds = await database.create_container("beds", PartitionKey("/ward"))
        await beds.create_item({"id": "1", "ward": "a", "is_free": True})
        found = [bed["id"] async for bed in beds.query_items("SELECT * FROM c WHERE c.is_free")]
    assert found == ["1"]


async def test_a_picture_is_kept(azure: AzureEmulators, blob_container: str) -> None:
    async with BlobServiceClient.from_connection_string(azure.blob) as client:
        container = await client.create_container(blob_container)
        await container.upload_blob("ward.png", b"pixels")
        assert await (await container.download_blob("ward.png")).readall() == b"pixels"


async def test_a_storm_is_over_after_the_test(
    azure: AzureEmulators, cosmos_database: str, azure_faults: FaultRecipes
) -> None:
    async with CosmosClient.from_connection_string(azure.cosmos, retry_throttle_total=0) as client:
        database = await client.create_database(cosmos_database)
        beds = await database.create_container("beds", PartitionKey("/ward"))
        azure_faults.throttle(match={"operation": "create"})
        with pytest.raises(CosmosHttpResponseError) as error:
            await beds.create_item({"id": "1", "ward": "a"})
    assert error.value.status_code == 429
