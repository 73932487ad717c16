"""A service looks at its start whether its consumer group is there, without being in anybody's way."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from azure.eventhub.aio import EventHubConsumerClient

from emulators.event_hubs import EventHubsEmulator, load_config
from emulators.options import default_config
from shared.runtime.credentials import Credentials
from shared.runtime.errors import ConfigurationError
from shared.runtime.event_hubs import HubPublisher, check_group, consumer_client, producer_client
from shared.runtime.settings import Settings


@pytest.fixture
async def settings(tmp_path: Path) -> AsyncIterator[Settings]:
    emulator = EventHubsEmulator(tmp_path, load_config(default_config()))
    await emulator.start()
    try:
        yield Settings(
            event_hubs_connection_string=emulator.connection_string,
            blob_connection_string="not used",
            cosmos_connection_string="not used",
        )
    finally:
        await emulator.stop()


async def test_a_group_that_is_missing_is_named(settings: Settings) -> None:
    async with Credentials() as nobody, consumer_client(settings, nobody, "tests", "nope", retry_total=0) as client:
        with pytest.raises(ConfigurationError, match="no consumer group 'nope'"):
            await check_group(client, "nope", "0")


async def test_a_receiver_that_we_may_not_have_is_told_from_a_missing_group(settings: Settings) -> None:
    """A client's token opens its own group alone."""
    async with Credentials() as nobody, consumer_client(settings, nobody, "tests", "order", retry_total=0) as client:
        with pytest.raises(ConfigurationError, match="does not let us receive as 'payment'"):
            await check_group(client, "payment", "0")


async def test_a_replica_joins_a_group_whose_partition_has_an_owner(settings: Settings) -> None:
    async with Credentials() as nobody, producer_client(settings, nobody, "tests") as producer:
        await HubPublisher(producer).publish("0", [{"id": "1"}])
        async with consumer_client(settings, nobody, "tests", "order") as owner:
            receives = asyncio.Event()
            receiving = asyncio.create_task(own_partition(owner, receives))
            await receives.wait()
            async with consumer_client(settings, nobody, "tests", "order", retry_total=0) as newcomer:
                await check_group(newcomer, "order", "0")
            receives.clear()
            await HubPublisher(producer).publish("0", [{"id": "2"}])
            await receives.wait()  # the owner was not disturbed
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)


async def own_partition(client: EventHubConsumerClient, receives: asyncio.Event) -> None:
    async def on_event(*_: object) -> None:
        receives.set()

    await client.receive(on_event, partition_id="0", owner_level=0, starting_position="-1")
