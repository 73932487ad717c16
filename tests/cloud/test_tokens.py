"""With addresses instead of connection strings, every client works with tokens, and with tokens alone."""

from contextlib import AsyncExitStack

import pytest
from azure.cosmos.exceptions import CosmosHttpResponseError

from quartet.azure.cosmos.client import cosmos_client
from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs.client import HubPublisher, check_group, check_hub, consumer_client, producer_client
from quartet.engine.errors import ConfigurationError
from quartet.process.startup import checkpoint_store, participant_database
from services.operations.participants import ORDER
from tests.cloud.conftest import Cloud

CHECKPOINT = {
    "fully_qualified_namespace": "here",
    "eventhub_name": "saga-events",
    "consumer_group": "order",
    "partition_id": "0",
    "offset": "7",
    "sequence_number": 7,
}


async def test_all_clients_work_with_tokens_that_are_fetched_once(cloud: Cloud) -> None:
    async with AsyncExitStack() as stack:
        credentials = await stack.enter_async_context(Credentials())
        client = await stack.enter_async_context(cosmos_client(cloud.settings, credentials, "order"))
        database = await participant_database(client, ORDER, cloud.settings)
        container = database.get_container_client("orders")
        await container.create_item({"id": "ord-1", "pk": "b-1"})
        assert (await container.read_item("ord-1", "b-1"))["id"] == "ord-1"

        store = await stack.enter_async_context(checkpoint_store(cloud.settings, credentials, "order"))
        await store.update_checkpoint(CHECKPOINT)
        (kept,) = await store.list_checkpoints("here", "saga-events", "order")
        assert kept["offset"] == "7"

        producer = await stack.enter_async_context(producer_client(cloud.settings, credentials, "order"))
        receiver = await stack.enter_async_context(consumer_client(cloud.settings, credentials, "order", "order"))
        assert await check_hub(producer, cloud.settings) == ["0", "1", "2", "3"]
        await check_group(receiver, "order", "0", cloud.settings)
        await HubPublisher(producer).publish("0", [{"id": "1"}])
        assert (await producer.get_partition_properties("0"))["last_enqueued_sequence_number"] == 0

    assert cloud.identity.issued == {
        "https://127.0.0.1": 1,
        "https://storage.azure.com": 1,
        "https://eventhubs.azure.net/": 1,
    }


async def test_an_identity_may_not_create_a_database(cloud: Cloud) -> None:
    async with Credentials() as credentials, cosmos_client(cloud.settings, credentials, "order") as client:
        with pytest.raises(CosmosHttpResponseError) as refused:
            await client.create_database("another")
    assert (refused.value.status_code, refused.value.sub_status) == (403, 5300)


async def test_without_an_identity_a_service_says_so_in_one_line(cloud: Cloud) -> None:
    cloud.identity.is_away = True
    async with Credentials() as credentials:
        with pytest.raises(ConfigurationError, match=r"^Cosmos DB: no identity: ") as refused:
            async with cosmos_client(cloud.settings, credentials, "order"):
                pass
        assert "\n" not in str(refused.value)
        async with producer_client(cloud.settings, credentials, "order") as producer:
            with pytest.raises(ConfigurationError, match=r"^Event Hubs: no identity: "):
                await check_hub(producer, cloud.settings)
        with pytest.raises(ConfigurationError, match=r"^Blob Storage: no identity: "):
            async with checkpoint_store(cloud.settings, credentials, "order"):
                pass
