"""Sending events in few batches: grouped by partition, so that what belongs together arrives together."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final

from azure.eventhub.aio import EventHubProducerClient

from quartet.azure.event_hubs.client import HubPublisher, hub_outages
from quartet.azure.settings import Settings
from quartet.cli.publish.outgoing import Outgoing
from quartet.cli.reading.connection import open_producer
from quartet.cli.reading.hubs import for_outside
from quartet.events import encode, partition_of
from quartet.terminal.user_error import UserError

# Large enough for full batches, small enough for a progress bar that moves.
_PORTION: Final = 1_000
# Bytes in a batch of one event besides the event: partition key, content type, and the frames around them.
_OVERHEAD: Final = 512


async def publish(
    events: Sequence[Outgoing],
    settings: Settings,
    *,
    rate: float | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Connect and send all events; see `send`.

    Raises:
        UserError: an event is too large for the hub; nothing was sent.
        ConfigurationError: the settings cannot be used, or the hub does not exist.
        OutageError: the hub does not answer, or stopped to. Publishing the same again is harmless: same ids.
    """
    async with open_producer(for_outside(settings)) as (producer, partitions):
        await check_sizes(events, producer)
        await send(events, HubPublisher(producer), partitions, rate=rate, progress=progress)


async def check_sizes(events: Sequence[Outgoing], producer: EventHubProducerClient) -> None:
    """Check that the hub takes each event, before the first one is sent.

    Raises:
        UserError: an event is larger than the hub's link takes.
        OutageError: the hub does not answer.
    """
    with hub_outages():
        limit = (await producer.create_batch()).max_size_in_bytes
    for one in events:
        size = len(encode(one.event))
        if size + _OVERHEAD > limit:
            where = one.where or f"the event of {one.saga_id}"
            raise UserError(
                f"{where}: has {size:,} bytes, and the hub takes at most {limit - _OVERHEAD:,}. Nothing was published"
            )


async def send(
    events: Sequence[Outgoing],
    publisher: HubPublisher,
    partitions: Sequence[str],
    *,
    rate: float | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Send all events; those of one saga stay in their order.

    Args:
        events: what to send.
        publisher: the way to the hub.
        partitions: the ids of the hub's partitions.
        rate: how many a second, at most; None means as fast as the hub takes them.
        progress: called with the number of events that the hub has accepted since the last call.

    Raises:
        OutageError: the hub stopped to answer.
    """
    async for portion in _paced(events, rate):
        for partition, group in by_partition(portion, partitions).items():
            await publisher.publish(partition, [one.event for one in group])
            progress(len(group))


def by_partition(events: Sequence[Outgoing], partitions: Sequence[str]) -> dict[str, list[Outgoing]]:
    """The events of each partition, as they came."""
    groups: dict[str, list[Outgoing]] = {}
    for one in events:
        groups.setdefault(partition_of(one.saga_id, partitions), []).append(one)
    return groups


async def _paced(events: Sequence[Outgoing], rate: float | None) -> AsyncIterator[Sequence[Outgoing]]:
    """The events in portions; with a rate, each portion when it is due."""
    loop = asyncio.get_running_loop()
    start, sent = loop.time(), 0
    while sent < len(events):
        due = sent + _PORTION if rate is None else min(1 + int((loop.time() - start) * rate), sent + _PORTION)
        if due <= sent and rate is not None:
            await asyncio.sleep(start + sent / rate - loop.time())
            continue
        yield events[sent:due]
        sent = min(due, len(events))
