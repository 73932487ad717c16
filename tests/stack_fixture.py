"""All three emulators in this process, and clients that the runtime made, for tests that go through the real SDKs."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from azure.cosmos.aio import CosmosClient
from azure.eventhub.aio import EventHubProducerClient
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore
from quartet_emulators.options import parse_options
from quartet_emulators.stack import Stack

from quartet.azure.cosmos.client import cosmos_client
from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs.client import producer_client
from quartet.azure.settings import Settings
from quartet.process.startup import checkpoint_store
from tests.hubs import SHOP_HUB

AGENT = "quartet-tests"


@dataclass(frozen=True, slots=True)
class Servers:
    """The emulators, and a client of each."""

    settings: Settings
    cosmos: CosmosClient
    hub: EventHubProducerClient
    checkpoints: BlobCheckpointStore


@asynccontextmanager
async def running_stack(data_dir: Path) -> AsyncIterator[Servers]:
    """The emulators on free ports, for the length of a block."""
    ports = ("--event-hubs-port", "0", "--cosmos-port", "0", "--blob-port", "0")
    stack = Stack(parse_options(["--data-dir", str(data_dir), *SHOP_HUB, *ports]))
    await stack.start()
    settings = Settings(
        event_hubs_connection_string=stack.event_hubs.connection_string,
        blob_connection_string=stack.blob.connection_string,
        cosmos_connection_string=stack.cosmos.connection_string,
    )
    try:
        async with AsyncExitStack() as clients:
            credentials = await clients.enter_async_context(Credentials())
            yield Servers(
                settings,
                await clients.enter_async_context(cosmos_client(settings, credentials, AGENT)),
                await clients.enter_async_context(producer_client(settings, credentials, AGENT)),
                await clients.enter_async_context(checkpoint_store(settings, credentials, AGENT)),
            )
    finally:
        await stack.stop()
