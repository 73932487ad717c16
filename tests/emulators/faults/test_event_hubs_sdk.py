"""Faults of Event Hubs, as azure-eventhub takes them."""

import gc
import logging
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from azure.eventhub import EventData
from azure.eventhub.aio import EventHubProducerClient
from azure.eventhub.exceptions import EventHubError
from quartet_emulators.event_hubs import EventHubsEmulator, NamespaceConfig
from quartet_emulators.event_hubs.config import HubConfig
from quartet_emulators.faults import Injector

from tests.emulators.event_hubs.sdk import bodies, producer, receiving
from tests.emulators.faults.rules import switch_on

CONFIG = NamespaceConfig("emulatorNs1", (HubConfig("saga-events", 1, ("$Default",)),))


@pytest.fixture(autouse=True)
def _quiet_sdk() -> Iterator[None]:
    """The SDK warns about every fault that these tests provoke, and forgets to close what has broken."""
    logger = logging.getLogger("azure")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()
    logger.setLevel(level)


@pytest.fixture
def faults() -> Injector:
    return Injector("event_hubs")


@pytest.fixture
async def emulator(tmp_path: Path, faults: Injector) -> AsyncIterator[EventHubsEmulator]:
    emulator = EventHubsEmulator(tmp_path, CONFIG, faults=faults)
    await emulator.start()
    yield emulator
    await emulator.stop()


async def send(client: EventHubProducerClient, *texts: str) -> None:
    batch = await client.create_batch(partition_id="0")
    for text in texts:
        batch.add(EventData(text))
    await client.send_batch(batch)


def stored(emulator: EventHubsEmulator) -> int:
    return emulator.hubs["saga-events"].partitions[0].next_sequence


async def test_the_outcomes_of_sends(emulator: EventHubsEmulator, faults: Injector) -> None:
    """A lost acknowledgement is sent again by the SDK, so stored twice; a busy server is an error."""
    async with producer(emulator, retry_backoff_factor=0.01) as client:
        await send(client, "a")
        switch_on(faults, "lost_acknowledgement", first=1)
        await send(client, "b")
        assert (stored(emulator), faults.injected["lost_acknowledgement"]) == (3, 1)
        switch_on(faults, "drop_connection", first=1, match={"operation": "send"})
        await send(client, "c")
        assert (stored(emulator), faults.injected["drop_connection"]) == (4, 1)
        switch_on(faults, "server_busy", match={"operation": "send"})
        with pytest.raises(EventHubError, match="throttled"):
            await send(client, "d")
        assert stored(emulator) == 4


@pytest.mark.parametrize("fault", ["detach", "drop_connection"])
async def test_a_receiver_comes_back_where_it_was(emulator: EventHubsEmulator, faults: Injector, fault: str) -> None:
    async with producer(emulator) as client:
        await send(client, "a", "b", "c")
    switch_on(faults, fault, first=1, match={"operation": "receive"})
    async with receiving(emulator) as inbox:
        assert bodies(await inbox.wait_for(3)) == ["a", "b", "c"]
    assert faults.injected[fault] == 1
