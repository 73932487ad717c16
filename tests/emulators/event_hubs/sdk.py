"""Short forms of what tests do with azure-eventhub."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from azure.eventhub import EventData
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient, PartitionContext
from quartet_emulators.event_hubs import EventHubsEmulator

from quartet.engine.failures.timeouts import stretched

LIMIT = stretched(30.0)
"""Seconds after which a test gives up waiting for events."""

OnError = Callable[[PartitionContext, Exception], Awaitable[None]]


def producer(emulator: EventHubsEmulator, hub: str = "saga-events", **options: Any) -> EventHubProducerClient:  # noqa: ANN401 - passed on
    return EventHubProducerClient.from_connection_string(emulator.connection_string, eventhub_name=hub, **options)


def consumer(
    emulator: EventHubsEmulator,
    hub: str = "saga-events",
    group: str = "$Default",
    **options: Any,  # noqa: ANN401 - passed on
) -> EventHubConsumerClient:
    return EventHubConsumerClient.from_connection_string(
        emulator.connection_string, consumer_group=group, eventhub_name=hub, **options
    )


async def publish(
    emulator: EventHubsEmulator,
    bodies: Sequence[str],
    hub: str = "saga-events",
    **where: Any,  # noqa: ANN401 - passed on
) -> None:
    """Send the bodies as one batch."""
    async with producer(emulator, hub) as client:
        batch = await client.create_batch(**where)
        for body in bodies:
            batch.add(EventData(body))
        await client.send_batch(batch)


async def receive(
    emulator: EventHubsEmulator,
    count: int,
    hub: str = "saga-events",
    group: str = "$Default",
    **options: Any,  # noqa: ANN401 - passed on
) -> list[EventData]:
    """Receive this many events, from the beginning unless the options say otherwise."""
    async with receiving(emulator, hub, group, **options) as inbox:
        return await inbox.wait_for(count)


class Inbox:
    """What has been received so far."""

    def __init__(self) -> None:
        self.events: list[EventData] = []
        self.partitions: list[str] = []
        self._changed = asyncio.Condition()

    async def on_batch(self, context: PartitionContext, events: list[EventData]) -> None:
        async with self._changed:
            self.events += events
            self.partitions += [context.partition_id] * len(events)
            self._changed.notify_all()

    async def wait_for(self, count: int) -> list[EventData]:
        async with asyncio.timeout(LIMIT), self._changed:
            await self._changed.wait_for(lambda: len(self.events) >= count)
        return self.events


@asynccontextmanager
async def receiving(
    emulator: EventHubsEmulator,
    hub: str = "saga-events",
    group: str = "$Default",
    **options: Any,  # noqa: ANN401 - passed on
) -> AsyncIterator[Inbox]:
    """Receive for the length of a block."""
    inbox = Inbox()
    async with consumer(emulator, hub, group) as client:
        task = asyncio.create_task(
            client.receive_batch(inbox.on_batch, **{"starting_position": "-1", "max_wait_time": 1, **options})
        )
        try:
            yield inbox
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def data(event: EventData) -> bytes:
    """The data sections of an event, joined."""
    parts: Any = event.body
    return b"".join(parts)


def bodies(events: Sequence[EventData]) -> list[str]:
    return [event.body_as_str() for event in events]
