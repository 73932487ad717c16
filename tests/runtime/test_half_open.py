"""A connection that is there and says nothing is found out; one that is only idle is kept."""

import asyncio
import gc
import logging
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from azure.eventhub import EventData
from azure.eventhub.aio import PartitionContext
from quartet_emulators.event_hubs import EventHubsEmulator, NamespaceConfig
from quartet_emulators.event_hubs.config import HubConfig
from quartet_emulators.faults import Injector

from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs import client as event_hubs
from quartet.azure.event_hubs.client import consumer_client
from quartet.azure.settings import Settings
from quartet.engine.failures.timeouts import stretched
from tests.emulators.event_hubs.wire import logged_in, message
from tests.emulators.faults.rules import switch_on

CONFIG = NamespaceConfig("emulatorNs1", (HubConfig("saga-events", 1, ("$Default", "order")),))
SILENCE = 1.0


@pytest.fixture(autouse=True)
def _quick_and_quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(event_hubs, "_SILENCE_SECONDS", SILENCE)
    logging.getLogger("azure").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the SDK forgets to close what has broken
        yield
        gc.collect()
    logging.getLogger("azure").setLevel(logging.NOTSET)


@pytest.fixture
def faults() -> Injector:
    return Injector("event_hubs")


@pytest.fixture
async def emulator(tmp_path: Path, faults: Injector) -> AsyncIterator[EventHubsEmulator]:
    emulator = EventHubsEmulator(tmp_path, CONFIG, faults=faults)
    await emulator.start()
    yield emulator
    await emulator.stop()


@asynccontextmanager
async def receiving(emulator: EventHubsEmulator, receive: str) -> AsyncIterator[asyncio.Queue[str]]:
    received: asyncio.Queue[str] = asyncio.Queue()

    async def on_batch(_: PartitionContext, events: list[EventData]) -> None:
        for event in events:
            received.put_nowait(event.body_as_str())

    settings = Settings.model_validate(
        {
            "event_hubs_connection_string": emulator.connection_string,
            "blob_account_url": "-",
            "cosmos_endpoint": "-",
            "receive": receive,
        }
    )
    async with Credentials() as credentials, consumer_client(settings, credentials, "tests", "order") as client:
        task = asyncio.create_task(client.receive_batch(on_batch, starting_position="-1"))
        try:
            yield received
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def publish(emulator: EventHubsEmulator, body: bytes) -> None:
    async with logged_in(emulator.port) as wire:
        await wire.publish("saga-events/Partitions/0", [message(body)])


@pytest.mark.parametrize("receive", ["stock", "immediate"])
async def test_a_receiver_whose_connection_is_dead_connects_again(
    emulator: EventHubsEmulator, faults: Injector, receive: str
) -> None:
    switch_on(faults, "half_open", first=1, seconds=600, match={"operation": "receive"})
    async with receiving(emulator, receive) as received:
        await publish(emulator, b"a")
        assert await asyncio.wait_for(received.get(), stretched(20)) == "a"
    assert faults.injected["half_open"] == 1


@pytest.mark.parametrize("receive", ["stock", "immediate"])
async def test_a_receiver_that_has_nothing_to_receive_keeps_its_connection(
    emulator: EventHubsEmulator, receive: str
) -> None:
    async with receiving(emulator, receive) as received:
        await publish(emulator, b"a")
        assert await asyncio.wait_for(received.get(), stretched(20)) == "a"
        before = {connection for connection in emulator.connections if connection.agent == "tests"}
        await asyncio.sleep(3 * SILENCE)  # it is this time without events that is looked at
        assert {connection for connection in emulator.connections if connection.agent == "tests"} == before
        assert before
