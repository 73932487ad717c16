"""Looking at single events of the hub, in the consumer group of the command line."""

import asyncio
from datetime import datetime
from typing import Final

from azure.eventhub import EventData
from azure.eventhub.aio import EventHubConsumerClient, PartitionContext

from quartet.azure.event_hubs.client import hub_outages, message_of
from quartet.cli.lag.lag import Head
from quartet.cli.reading.hub_reader import stop_receiving
from quartet.engine.errors import OutageError
from quartet.engine.failures.timeouts import stretched
from quartet.events import Unreadable, read_envelope

_SECONDS: Final = 10


async def read_head(client: EventHubConsumerClient, partition: str, position: int | datetime) -> Head:
    """The first event of a partition that has this sequence number or a later one, or that came in after this time.

    Args:
        client: used for nothing else, and closed by this: a client receives from a partition only once.
        partition: where to look.
        position: the sequence number, or the time.

    Raises:
        OutageError: the hub does not answer, or does not send an event that it has.
    """
    async with client:
        return await _receive(client, partition, position)


async def _receive(client: EventHubConsumerClient, partition: str, position: int | datetime) -> Head:
    found: asyncio.Future[Head] = asyncio.get_running_loop().create_future()

    async def on_batch(_: PartitionContext, batch: list[EventData]) -> None:
        if batch and not found.done():
            try:
                found.set_result(_read(batch[0]))
            except Exception as error:  # noqa: BLE001 -- it is raised where it is waited for
                found.set_exception(error)

    async def on_error(_: PartitionContext | None, error: Exception) -> None:
        if not found.done():
            found.set_exception(error)

    receiving = asyncio.create_task(
        client.receive_batch(
            on_batch,
            partition_id=partition,
            starting_position=position,
            starting_position_inclusive=isinstance(position, int),
            max_batch_size=1,
            prefetch=1,
            on_error=on_error,
        )
    )
    try:
        with hub_outages():
            async with asyncio.timeout(stretched(_SECONDS)):
                return await found
    except OutageError as error:
        raise OutageError(f"event {position} of partition {partition} cannot be looked at: {error}") from error
    finally:
        await stop_receiving(receiving)


def _read(data: EventData) -> Head:
    message = message_of(data)
    envelope = read_envelope(message.body, message.content_type, message.properties, message.body_form)
    if data.enqueued_time is None:
        raise OutageError("the hub does not say when it took it in")
    if isinstance(envelope, Unreadable):
        return Head(message.sequence_number, f"not readable ({envelope.reason})", None, data.enqueued_time)
    return Head(message.sequence_number, envelope.type, envelope.subject, data.enqueued_time)
