"""Sending the first event of each saga as a client of the application does: the bare SDK, one event a send."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final, TypeAlias

from azure.eventhub import EventData
from azure.eventhub.aio import EventHubProducerClient

from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs.client import hub_outages, producer_client
from quartet.azure.settings import Settings
from quartet.cli.bench.hearing import AGENT
from quartet.cli.publish.outgoing import Outgoing
from quartet.cli.reading.hubs import for_outside
from quartet.events import CONTENT_TYPE, encode

CLIENTS: Final = 8
"""A client of the SDK waits for one send at a time. Eight are enough not to limit a local stack."""

Send: TypeAlias = Callable[[Outgoing], Awaitable[None]]


class Clients:
    """Some producers that share the work."""

    def __init__(self, producers: list[EventHubProducerClient]) -> None:
        self._free: asyncio.Queue[EventHubProducerClient] = asyncio.Queue()
        for producer in producers:
            self._free.put_nowait(producer)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Send]:
        """A client that sends nothing at the moment; waits for one."""
        producer = await self._free.get()

        async def send(event: Outgoing) -> None:
            data = EventData(encode(event.event))
            data.content_type = CONTENT_TYPE
            with hub_outages():
                # The client's own key: it knows nothing of buckets.
                await producer.send_event(data, partition_key=event.saga_id)

        try:
            yield send
        finally:
            self._free.put_nowait(producer)


@asynccontextmanager
async def clients(settings: Settings) -> AsyncIterator[Clients]:
    """Clients whose links are open.

    Raises:
        OutageError: the hub does not answer.
    """
    async with AsyncExitStack() as stack:
        credentials = await stack.enter_async_context(Credentials())
        hub = for_outside(settings)
        producers = [producer_client(hub, credentials, AGENT) for _ in range(CLIENTS)]
        for producer in producers:
            await stack.enter_async_context(producer)
        with hub_outages():
            # Asking for the size of a batch opens the link: the first saga does not wait for it.
            await asyncio.gather(*(producer.create_batch() for producer in producers))
        yield Clients(producers)
