"""Receiving one partition as the console, until something is wrong."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from azure.eventhub import EventData
from azure.eventhub.aio import EventHubConsumerClient, PartitionContext

from quartet.cli.reading.hub_reader import stop_receiving
from quartet.console.progress import Progress
from quartet.console.projection.facts import Place
from quartet.engine.errors import OutageError, one_line

# A prefetch that equals the batch, about a thousand, costs least per event.
_BATCH: Final = 1_000
# After this time without an event the SDK says that there was none: the receiver is alive.
_QUIET_SECONDS: Final = 1.0

Take = Callable[[Place, list[EventData]], Awaitable[None]]


class PartitionReader:
    """Feeds the batches of one partition to `take`, one at a time."""

    def __init__(
        self,
        client: EventHubConsumerClient,
        place: Place,
        progress: Progress,
        take: Take,
        note: Callable[[str], None],
    ) -> None:
        """`note` gets an empty text whenever something was received, or the hub has nothing."""
        self._client = client
        self._place = place
        self._progress = progress
        self._take = take
        self._note = note
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Receive.

        Raises:
            OutageError: the hub does not let us, or no longer does.
            Exception: what `take` raised.
        """
        receiving = asyncio.create_task(
            self._client.receive_batch(
                self._on_batch,
                partition_id=self._place.partition,
                starting_position=self._progress.start_of(self._place),
                max_batch_size=_BATCH,
                prefetch=_BATCH,
                max_wait_time=_QUIET_SECONDS,
                on_error=self._on_error,
            )
        )
        try:
            await self._ended
        finally:
            await stop_receiving(receiving)

    async def _on_batch(self, _: PartitionContext, events: list[EventData]) -> None:
        if self._ended.done():
            return
        try:
            if events:
                await self._take(self._place, events)
            self._note("")
        except Exception as error:  # noqa: BLE001 -- the SDK would only begin again; it is raised where it is waited for
            self._end(error)

    async def _on_error(self, _: PartitionContext | None, error: Exception) -> None:
        self._end(OutageError(f"Event Hubs: {one_line(error)}"))

    def _end(self, error: Exception) -> None:
        if not self._ended.done():
            self._ended.set_exception(error)
