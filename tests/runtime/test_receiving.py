"""Receiving without naps: what arrives is handed on, in order and once, and nothing is lost when a connection is."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from azure.eventhub import EventData
from azure.eventhub.aio import EventHubConsumerClient, PartitionContext
from azure.eventhub.aio._transport import _pyamqp_transport_async as stock
from quartet_emulators.event_hubs import EventHubsEmulator, NamespaceConfig
from quartet_emulators.event_hubs.config import HubConfig

from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs.client import consumer_client
from quartet.azure.sdk_internals import immediate_transport
from quartet.azure.sdk_internals.receiving import what_differs
from quartet.azure.settings import Settings
from quartet.engine.failures.timeouts import stretched
from tests.emulators.event_hubs.wire import logged_in, message


def config(partitions: int) -> NamespaceConfig:
    return NamespaceConfig("emulatorNs1", (HubConfig("saga-events", partitions, ("$Default", "order")),))


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.getLogger("azure").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("azure").setLevel(logging.NOTSET)


@pytest.fixture
async def emulator(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[EventHubsEmulator]:
    """With one partition, or as many as the test asks for."""
    emulator = EventHubsEmulator(tmp_path, config(getattr(request, "param", 1)))
    await emulator.start()
    yield emulator
    await emulator.stop()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(stretched(20)):
        while not condition():  # noqa: ASYNC110 -- the SDK has nothing that tells of it
            await asyncio.sleep(0.01)


class Receiver:
    """What one receiver gets, batch by batch. While `gate` is shut, it works on its batch."""

    def __init__(self, client: EventHubConsumerClient) -> None:
        self.client = client
        self.batches: list[list[str]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self._changed = asyncio.Condition()

    async def on_batch(self, _: PartitionContext, events: list[EventData]) -> None:
        async with self._changed:
            self.batches.append([event.body_as_str() for event in events])
            self._changed.notify_all()
        await self.gate.wait()

    @property
    def bodies(self) -> list[str]:
        return [body for batch in self.batches for body in batch]

    async def until_read(self, count: int) -> None:
        """Until the SDK has read this many messages that it has not delivered."""
        await until(lambda: self.buffered >= count)

    async def until(self, count: int) -> list[str]:
        async with asyncio.timeout(stretched(20)), self._changed:
            await self._changed.wait_for(lambda: len(self.bodies) >= count)
        return self.bodies

    @property
    def buffered(self) -> int:
        """How many messages the SDK has read and not handed on."""
        processor: Any = next(iter(self.client._event_processors.values()))  # noqa: SLF001 -- it has no public name
        return sum(len(consumer._message_buffer) for consumer in processor._consumers.values())  # noqa: SLF001 -- as above


@asynccontextmanager
async def receiving(emulator: EventHubsEmulator, receive: str = "immediate", **options: Any) -> AsyncIterator[Receiver]:  # noqa: ANN401 -- the SDK's
    settings = Settings.model_validate(
        {
            "event_hubs_connection_string": emulator.connection_string,
            "blob_account_url": "-",
            "cosmos_endpoint": "-",
            "receive": receive,
        }
    )
    async with Credentials() as credentials, consumer_client(settings, credentials, "tests", "order") as client:
        receiver = Receiver(client)
        task = asyncio.create_task(client.receive_batch(receiver.on_batch, starting_position="-1", **options))
        try:
            yield receiver
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def publish(emulator: EventHubsEmulator, *bodies: str, partition: int = 0) -> None:
    async with logged_in(emulator.port) as wire:
        for body in bodies:
            await wire.publish(f"saga-events/Partitions/{partition}", [message(body.encode())])


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The sleeps of the SDK's receive loop; they are as long as ever."""
    taken: list[float] = []

    class Asyncio:
        def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- whatever asyncio has
            return getattr(asyncio, name)

        async def sleep(self, seconds: float) -> None:
            taken.append(seconds)
            await asyncio.sleep(seconds)

    monkeypatch.setattr(stock, "asyncio", Asyncio())
    return taken


async def one_by_one(emulator: EventHubsEmulator, receiver: Receiver, count: int) -> None:
    async with logged_in(emulator.port) as wire:
        for number in range(count):
            await wire.publish("saga-events/Partitions/0", [message(f"{number}".encode())])
            await receiver.until(number + 1)


async def test_no_nap_between_an_event_and_its_callback(emulator: EventHubsEmulator, naps: list[float]) -> None:
    async with receiving(emulator) as receiver:
        await one_by_one(emulator, receiver, 30)
        assert receiver.bodies == [f"{number}" for number in range(30)]
        assert naps == []


async def test_the_sdks_own_loop_can_be_chosen_and_naps(emulator: EventHubsEmulator, naps: list[float]) -> None:
    async with receiving(emulator, "stock") as receiver:
        await one_by_one(emulator, receiver, 3)
        assert 0.05 in naps


@pytest.mark.parametrize("receive", ["stock", "immediate"])
async def test_a_long_stream_comes_in_order_and_once(emulator: EventHubsEmulator, receive: str) -> None:
    bodies = [f"{number}" for number in range(120)]
    await publish(emulator, *bodies)
    async with receiving(emulator, receive, prefetch=7, max_batch_size=5) as receiver:
        assert await receiver.until(120) == bodies
        assert max(map(len, receiver.batches)) <= 5


async def test_the_smallest_prefetch_is_enough(emulator: EventHubsEmulator) -> None:
    await publish(emulator, "a", "b", "c")
    async with receiving(emulator, prefetch=1, max_batch_size=1) as receiver:
        assert await receiver.until(3) == ["a", "b", "c"]


async def test_a_message_of_several_frames_is_one_message(emulator: EventHubsEmulator) -> None:
    large = "x" * 200_000
    await publish(emulator, large, "small")
    async with receiving(emulator, prefetch=2) as receiver:
        assert await receiver.until(2) == [large, "small"]


async def test_what_arrives_during_a_callback_is_the_next_batch(emulator: EventHubsEmulator) -> None:
    async with receiving(emulator) as receiver:
        receiver.gate.clear()
        await publish(emulator, "first")
        await receiver.until(1)
        await publish(emulator, "a", "b", "c")
        await receiver.until_read(3)
        receiver.gate.set()
        await receiver.until(4)
        assert receiver.batches == [["first"], ["a", "b", "c"]]


async def test_a_callback_that_does_not_return_limits_what_is_read(emulator: EventHubsEmulator) -> None:
    bodies = [f"{number}" for number in range(100)]
    async with receiving(emulator, prefetch=10, max_batch_size=10) as receiver:
        receiver.gate.clear()
        await publish(emulator, *bodies)
        await receiver.until(1)
        most = await _settled(receiver)
        assert 10 <= most <= 30  # a batch, and what a pass and its credit may add
        receiver.gate.set()
        assert await receiver.until(100) == bodies


@pytest.mark.parametrize("emulator", [2], indirect=True)
async def test_a_batch_waits_for_the_one_of_another_partition(
    emulator: EventHubsEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(immediate_transport, "_ROUND_SECONDS", 3600.0)
    async with receiving(emulator) as receiver:
        receiver.gate.clear()
        await publish(emulator, "first")
        await receiver.until(1)
        await publish(emulator, "a", "b", partition=1)
        await receiver.until_read(2)
        receiver.gate.set()
        await receiver.until(3)
        assert receiver.batches == [["first"], ["a", "b"]]


@pytest.mark.parametrize("emulator", [2], indirect=True)
async def test_a_batch_does_not_wait_long_for_another_partition(
    emulator: EventHubsEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(immediate_transport, "_ROUND_SECONDS", 0.0)
    async with receiving(emulator) as receiver:
        receiver.gate.clear()
        await publish(emulator, "slow")
        await receiver.until(1)
        await publish(emulator, "a", partition=1)
        assert await receiver.until(2) == ["slow", "a"]


async def _settled(receiver: Receiver) -> int:
    """How many messages are buffered once that has stopped to grow."""
    async with asyncio.timeout(stretched(20)):
        before = -1
        while receiver.buffered != before:
            before = receiver.buffered
            await asyncio.sleep(stretched(0.3))  # it is this time without reading that is looked at
    return before


async def test_a_connection_that_breaks_loses_no_event(emulator: EventHubsEmulator) -> None:
    async with receiving(emulator) as receiver:
        await publish(emulator, "a")
        await receiver.until(1)
        for connection in list(emulator.connections):
            if connection.agent == "tests":
                connection.close()
        await publish(emulator, "b")
        bodies = await receiver.until(2)
        assert list(dict.fromkeys(bodies)) == ["a", "b"]


async def test_a_link_that_is_stolen_is_reported_and_lost(emulator: EventHubsEmulator) -> None:
    errors: asyncio.Queue[Exception] = asyncio.Queue()

    async def on_error(_: PartitionContext, error: Exception) -> None:
        errors.put_nowait(error)

    async with receiving(emulator, on_error=on_error, owner_level=1) as receiver:
        await publish(emulator, "a")
        await receiver.until(1)
        async with logged_in(emulator.port) as thief:
            await thief.attach_receiver("saga-events/ConsumerGroups/order/Partitions/0", epoch=2)
            error = await asyncio.wait_for(errors.get(), stretched(20))
    assert "stolen" in str(error)


async def test_an_idle_pass_ends_so_that_the_token_can_be_renewed(
    emulator: EventHubsEmulator, naps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(immediate_transport, "_PASS_SECONDS", 0.0)
    monkeypatch.setattr(immediate_transport, "_READ_SECONDS", 0.01)
    async with receiving(emulator) as receiver:
        await until(lambda: len(naps) >= 3)
        await publish(emulator, "a")
        await receiver.until(1)


async def test_without_events_there_is_a_callback_now_and_then_if_that_is_wanted(emulator: EventHubsEmulator) -> None:
    async with receiving(emulator, max_wait_time=0.01) as receiver:
        await until(lambda: len(receiver.batches) >= 2)
        await publish(emulator, "a")
        await receiver.until(1)
        assert receiver.batches[:2] == [[], []]


def test_the_installed_sdk_is_as_it_is_known() -> None:
    assert what_differs() is None


def test_another_version_is_not_touched() -> None:
    assert what_differs("5.16.0") == "azure-eventhub 5.16.0 is none of 5.15.x"


def test_a_function_with_other_parameters_is_not_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    async def receive(consumer: object) -> None:
        """A later SDK's."""

    monkeypatch.setattr(immediate_transport, "SHAPES", ((receive, ("consumer", "max_batch_size")),))
    difference = what_differs()
    assert difference is not None
    assert difference.endswith("takes consumer")
