"""Reading all that the hubs hold once, as it is now: for looking back at a saga, not for taking part in it."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from azure.eventhub import EventData
from azure.eventhub.aio import EventHubConsumerClient, PartitionContext

from quartet.azure.event_hubs.client import hub_outages, message_of
from quartet.azure.settings import Settings
from quartet.cli.reading.connection import open_consumer
from quartet.cli.reading.hubs import for_each
from quartet.engine.errors import OutageError
from quartet.engine.failures.timeouts import stretched
from quartet.engine.ports import Message

# A prefetch that equals the batch, about a thousand, costs least per event.
_BATCH: Final = 1_000
# If no event arrives for this time, the hub counts as an outage.
_SILENCE_SECONDS: Final = 15
_CLOSING_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Found:
    """A message and where it was found.

    Attributes:
        partition: the hub's partition.
        enqueued: when the hub took it in, by the hub's clock.
        message: the message.
    """

    partition: str
    enqueued: datetime
    message: Message


async def read_hubs(settings: Settings, wanted: Callable[[Message], bool]) -> list[Found]:
    """Every wanted message that the application's hubs hold now, by the time when it came in.

    Events that arrive during the reading are left out. The order within each partition is kept.

    Raises:
        ConfigurationError: the settings cannot be used, or the hub does not exist.
        OutageError: the hub does not answer, or stopped to.
    """
    async with AsyncExitStack() as stack:
        readers = []
        for hub, hub_settings in for_each(settings).items():
            client, partitions = await stack.enter_async_context(open_consumer(hub_settings))
            readers += [_Reader(client, hub, partition, wanted) for partition in partitions]
        async with asyncio.TaskGroup() as group:
            reading = [group.create_task(reader.read()) for reader in readers]
    found = [one for task in reading for one in task.result()]
    # The sort is stable: two messages of one partition with the same time stay as they are.
    return sorted(found, key=lambda one: one.enqueued)


class _Reader:
    """Reads one partition from its first event to the one that is the last at the start."""

    def __init__(
        self, client: EventHubConsumerClient, hub: str, partition: str, wanted: Callable[[Message], bool]
    ) -> None:
        self._client = client
        self._hub = hub
        self._partition = partition
        self._wanted = wanted
        self._found: list[Found] = []
        self._read = -1
        self._last = -1
        self._moved = asyncio.Event()
        self._error: Exception | None = None

    async def read(self) -> list[Found]:
        """The messages that were found."""
        with hub_outages():
            properties = await self._client.get_partition_properties(self._partition)
        if properties["is_empty"]:
            return []
        self._last = properties["last_enqueued_sequence_number"]
        receiving = asyncio.create_task(
            self._client.receive_batch(
                self._on_batch,
                partition_id=self._partition,
                starting_position="-1",
                max_batch_size=_BATCH,
                prefetch=_BATCH,
                on_error=self._on_error,
            )
        )
        try:
            await self._until_read()
        finally:
            await stop_receiving(receiving)
        return self._found

    async def _until_read(self) -> None:
        while self._read < self._last:
            self._moved.clear()
            try:
                async with asyncio.timeout(stretched(_SILENCE_SECONDS)):
                    await self._moved.wait()
            except TimeoutError as error:
                raise OutageError(
                    f"Event Hubs sends nothing from partition {self._partition}, where events are waiting"
                ) from error
            if self._error is not None:
                with hub_outages():
                    raise self._error

    async def _on_batch(self, _: PartitionContext, batch: list[EventData]) -> None:
        try:
            self._take(batch)
        except Exception as error:  # noqa: BLE001 -- the SDK would only begin again; it is raised where it is waited for
            self._error = error
            self._moved.set()

    def _take(self, batch: list[EventData]) -> None:
        for data in batch:
            number = data.sequence_number
            # After a reconnect the SDK may deliver again what it has delivered before.
            if number is None or not self._read < number <= self._last:
                continue
            self._read = number
            message = message_of(data, self._hub)
            if self._wanted(message):
                if data.enqueued_time is None:
                    raise OutageError(f"Event Hubs does not say when it took in event {number} of {self._partition}")
                self._found.append(Found(self._partition, data.enqueued_time, message))
        self._moved.set()

    async def _on_error(self, _: PartitionContext | None, error: Exception) -> None:
        self._error = error
        self._moved.set()


async def stop_receiving(receiving: asyncio.Task[None]) -> None:
    """End a receive call.

    It looks only once a second whether its links are closed. Closing the client makes sure of that too, so the call
    gets a moment to close them, and is then not waited for.
    """
    receiving.cancel()
    await asyncio.wait([receiving], timeout=stretched(_CLOSING_SECONDS))
    receiving.cancel()
    await asyncio.gather(receiving, return_exceptions=True)
