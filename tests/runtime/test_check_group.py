"""A replica that joins a fleet at work finds its partitions taken: that is no reason not to start."""

import asyncio
import gc
import logging
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from quartet_emulators.event_hubs import EventHubsEmulator, NamespaceConfig
from quartet_emulators.event_hubs.config import HubConfig

from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs.client import check_group, consumer_client
from quartet.azure.settings import Settings
from quartet.engine.errors import ConfigurationError
from quartet.engine.failures.timeouts import stretched
from tests.emulators.event_hubs.wire import logged_in

CONFIG = NamespaceConfig("emulatorNs1", (HubConfig("saga-events", 1, ("$Default", "order")),))


@pytest.fixture(autouse=True)
def _quiet_sdk() -> Iterator[None]:
    logger = logging.getLogger("azure")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the SDK forgets to close what was refused
        yield
        gc.collect()
    logger.setLevel(level)


@pytest.fixture
async def emulator(tmp_path: Path) -> AsyncIterator[EventHubsEmulator]:
    emulator = EventHubsEmulator(tmp_path, CONFIG)
    await emulator.start()
    yield emulator
    await emulator.stop()


async def check(emulator: EventHubsEmulator, group: str) -> None:
    settings = Settings(
        event_hubs_connection_string=emulator.connection_string, blob_account_url="-", cosmos_endpoint="-"
    )
    async with Credentials() as credentials, consumer_client(settings, credentials, "tests", group) as client:
        async with asyncio.timeout(stretched(20)):
            await check_group(client, group, "0", settings)


async def test_a_group_that_is_at_work_exists(emulator: EventHubsEmulator) -> None:
    async with logged_in(emulator.port) as other_replica:
        await other_replica.attach_receiver("saga-events/ConsumerGroups/order/Partitions/0", epoch=0)
        await check(emulator, "order")


async def test_a_missing_group_is_a_configuration_error(emulator: EventHubsEmulator) -> None:
    with pytest.raises(ConfigurationError, match="no consumer group 'payment'"):
        await check(emulator, "payment")


async def test_a_refused_receiver_does_not_prove_that_the_group_exists(emulator: EventHubsEmulator) -> None:
    """A client's token opens its own group alone."""
    settings = Settings(
        event_hubs_connection_string=emulator.connection_string, blob_account_url="-", cosmos_endpoint="-"
    )
    async with Credentials() as nobody, consumer_client(settings, nobody, "tests", "order", retry_total=0) as client:
        with pytest.raises(ConfigurationError, match="does not let us receive as 'payment'"):
            await check_group(client, "payment", "0", settings)
