"""Hearing the ends of sagas in the hub as soon as they are there."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final, cast

from azure.eventhub import EventData
from azure.eventhub.aio import EventHubConsumerClient, PartitionContext

from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs.client import consumer_client, hub_outages
from quartet.azure.settings import Settings
from quartet.cli.application import choreography
from quartet.cli.reading.hub_reader import stop_receiving
from quartet.cli.reading.hubs import for_said_by
from quartet.local.hub_config import CONSOLE

AGENT: Final = "quartet-bench"
"""Under which the emulators count what the benchmark itself asks for."""

_BATCH: Final = 300


@dataclass(frozen=True, slots=True)
class End:
    """The last event of a saga.

    Attributes:
        saga_id: of which saga.
        type: of the event.
        at: when the hub took it in, in seconds since 1970. On one machine that is the clock of who began the saga, so
            the time from there to here holds no delay of this receiver. The emulator counts whole milliseconds.
    """

    saga_id: str
    type: str
    at: float


@asynccontextmanager
async def hearing(settings: Settings, ends: frozenset[str], heard: Callable[[End], None]) -> AsyncIterator[None]:
    """Receive what the participants say from now on; `heard` is called with each end of a saga.

    Args:
        settings: of a local stack.
        ends: the types of the events that end a saga.
        heard: takes them.

    Raises:
        OutageError: the hub does not answer.
    """
    needles = [kind.encode() for kind in ends]

    async def pass_on(_context: PartitionContext, batch: list[EventData]) -> None:
        for event in batch:
            end = end_in(event, ends, needles)
            if end is not None:
                heard(end)

    # However the participants receive: an end that is noticed late is a saga that begins late.
    prompt = settings.model_copy(update={"receive": "immediate"})
    async with AsyncExitStack() as stack:
        credentials = await stack.enter_async_context(Credentials())
        for hub in for_said_by(prompt, *choreography().names):
            client = await stack.enter_async_context(consumer_client(hub, credentials, AGENT, CONSOLE))
            for partition, position in (await _positions(client)).items():
                receiving = client.receive_batch(
                    pass_on, partition_id=partition, starting_position=position, max_batch_size=_BATCH, prefetch=_BATCH
                )
                stack.push_async_callback(stop_receiving, asyncio.create_task(receiving))
        yield


def end_in(event: EventData, ends: frozenset[str], needles: Iterable[bytes]) -> End | None:
    """The end of a saga that an event is; None if it is something else. What is no end is not even parsed."""
    body = b"".join(cast(Iterable[bytes], event.body))  # on these hubs, all events are data
    if not any(needle in body for needle in needles) or event.enqueued_time is None:
        return None
    value = json.loads(body)
    if value["type"] not in ends:
        return None
    return End(value["subject"], value["type"], event.enqueued_time.timestamp())


async def _positions(client: EventHubConsumerClient) -> dict[str, str]:
    """By partition, where its last event is now."""
    with hub_outages():
        partitions = await client.get_partition_ids()
        properties = [await client.get_partition_properties(partition) for partition in partitions]
    return {one["id"]: "-1" if one["is_empty"] else str(one["last_enqueued_offset"]) for one in properties}
