"""A token that a server refuses before its time is replaced, and its client continues."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from azure.cosmos.aio import ContainerProxy, CosmosClient
from azure.cosmos.exceptions import CosmosHttpResponseError
from azure.identity.aio import DefaultAzureCredential

from quartet.azure.cosmos.client import cosmos_client, outages
from quartet.azure.credentials import Credentials
from quartet.engine.errors import OutageError
from quartet.process.startup import checkpoint_store
from services.operations.participants import ORDER
from tests.cloud.conftest import Cloud
from tests.cloud.test_tokens import CHECKPOINT

COSMOS, BLOB = "https://127.0.0.1", "https://storage.azure.com"
ORDER_ID, BUCKET = "ord-1", "b-1"


@pytest.fixture
def overrated(cloud: Cloud) -> Cloud:
    """A cloud whose first tokens are said to be good for an hour, and are refused after a second."""
    cloud.identity.lifetime, cloud.identity.claimed_lifetime = 1, 3600
    return cloud


def orders(client: CosmosClient) -> ContainerProxy:
    """Where the order service keeps its orders."""
    return client.get_database_client(ORDER.database).get_container_client(ORDER.container)


async def until_refused(read: Callable[[], Awaitable[object]]) -> CosmosHttpResponseError:
    """Read until that is refused."""
    while True:
        try:
            await read()
        except CosmosHttpResponseError as error:
            return error


async def test_the_sdk_alone_keeps_the_refused_token(overrated: Cloud) -> None:
    """The reason for `Credentials`: once this fails, the SDK has fixed it, and the response hook can be removed."""
    endpoint = overrated.stack.cosmos.endpoint
    async with DefaultAzureCredential() as credential, CosmosClient(endpoint, credential) as client:
        refusal = await until_refused(orders(client).read)
        assert (refusal.status_code, refusal.sub_status) == (403, 5300)
        overrated.identity.lifetime = 3600
        for _ in range(5):
            with pytest.raises(CosmosHttpResponseError, match="has been expired"):
                await orders(client).read()
    assert overrated.identity.issued[COSMOS] == 1


async def test_a_container_that_was_refused_works_on_with_the_next_token(overrated: Cloud) -> None:
    async with Credentials() as credentials, cosmos_client(overrated.settings, credentials, "order") as client:
        container = orders(client)
        await until_refused(container.read)
        overrated.identity.lifetime = 3600
        await container.create_item({"id": ORDER_ID, "pk": BUCKET})
        assert (await container.read_item(ORDER_ID, BUCKET))["id"] == ORDER_ID
    assert overrated.identity.issued[COSMOS] == 2


async def test_many_requests_that_are_refused_at_the_same_time_fetch_one_token(overrated: Cloud) -> None:
    async with Credentials() as credentials, cosmos_client(overrated.settings, credentials, "order") as client:
        container = orders(client)
        await until_refused(container.read)
        overrated.identity.lifetime = 3600
        answers = await asyncio.gather(*(container.read() for _ in range(40)))
        assert {answer["id"] for answer in answers} == {"orders"}
    assert overrated.identity.issued[COSMOS] == 2


async def test_a_refusal_is_an_outage_to_the_runtime_not_a_fault_of_the_event(overrated: Cloud) -> None:
    async with Credentials() as credentials, cosmos_client(overrated.settings, credentials, "order") as client:
        container = orders(client)

        async def read() -> None:
            while True:
                with outages():
                    await container.read()

        with pytest.raises(OutageError, match=r"status 403.*has been expired"):
            await read()


async def test_the_checkpoint_store_does_not_even_notice(cloud: Cloud) -> None:
    cloud.identity.stillborn = 1
    async with Credentials() as credentials, checkpoint_store(cloud.settings, credentials, "order") as store:
        await store.update_checkpoint(CHECKPOINT)
        assert len(list(await store.list_checkpoints("here", "saga-events", "order"))) == 1
    assert cloud.identity.issued[BLOB] == 2
