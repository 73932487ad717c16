"""Receiving: the SDK's event processor in front, the engine behind, and an orderly end."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from azure.eventhub import CloseReason, EventData
from azure.eventhub.aio import EventHubConsumerClient, PartitionContext
from structlog.typing import FilteringBoundLogger

from shared.runtime.checkpoints import Checkpoints
from shared.runtime.errors import OutageError
from shared.runtime.event_hubs import message_of
from shared.runtime.ports import Message
from shared.runtime.retry import Backoff

Process: TypeAlias = Callable[[str, Sequence[Message]], Awaitable[None]]

# Measured: prefetch equal to the batch size, about a thousand, costs least per event; smaller ones stall for credit.
_BATCH = 1000


class Consumer:
    """Feeds the batches of every partition that this replica owns to `process`, one batch per partition at a time.

    It keeps `owned`, the ids of those partitions, up to date, and calls `prepare` with each new one.
    """

    def __init__(
        self,
        client: EventHubConsumerClient,
        *,
        process: Process,
        prepare: Callable[[str], Awaitable[None]],
        checkpoints: Checkpoints,
        owned: set[str],
        log: FilteringBoundLogger,
        repeat: Backoff | None = None,
    ) -> None:
        self._client = client
        self._process = process
        self._prepare = prepare
        self._checkpoints = checkpoints
        self._log = log
        self._repeat = repeat or Backoff(0.5, 10)
        self._working: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._owned = owned

    async def run(self) -> None:
        """Receive until `stop`. The SDK reconnects and shares out partitions by itself; it never raises."""
        await self._client.receive_batch(
            on_event_batch=self._on_batch,
            on_error=self._on_error,
            on_partition_initialize=self._on_open,
            on_partition_close=self._on_close,
            max_batch_size=_BATCH,
            prefetch=_BATCH,
            starting_position="-1",  # the SDK's default, the end of the stream, would skip what came before us
        )

    async def stop(self, within: float) -> None:
        """Begin no further batch, finish those under way, checkpoint, and give the partitions back.

        What is not finished `within` seconds stays uncheckpointed and comes again.
        """
        self._stopping = True
        if self._working:
            _, unfinished = await asyncio.wait(self._working, timeout=within)
            for task in unfinished:
                task.cancel()
        await self._checkpoints.flush()
        await self._client.close()

    async def _on_batch(self, context: PartitionContext, events: list[EventData]) -> None:
        if self._stopping or not events:
            return
        # The SDK cancels this callback when the partition moves or the client closes. A batch that has begun is
        # finished all the same: half of its answers may be out.
        task = asyncio.create_task(self._finish(context, events))
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        await asyncio.shield(task)

    async def _finish(self, context: PartitionContext, events: list[EventData]) -> None:
        messages = [message_of(event) for event in events]
        partition = context.partition_id
        # An exception would make the SDK drop the partition and take it up again: a loop without a pause. A bug
        # in the runtime is repeated here instead, audibly, and the checkpoint waits.
        pause = self._repeat.first
        while True:
            try:
                await self._process(partition, messages)
            except Exception:  # noqa: BLE001 -- see above
                self._log.exception("batch failed, repeating it", partition=partition, events=len(messages))
                await asyncio.sleep(pause)
                pause = min(pause * 2, self._repeat.longest)
            else:
                break
        if partition in self._owned:
            self._checkpoints.mark(context, events[-1])

    async def _on_open(self, context: PartitionContext) -> None:
        self._owned.add(context.partition_id)
        self._log.info("partition opened", partition=context.partition_id)
        try:
            await self._prepare(context.partition_id)
        except OutageError as outage:
            self._log.warning("partition not prepared", partition=context.partition_id, error=str(outage))

    async def _on_close(self, context: PartitionContext, reason: CloseReason) -> None:
        self._owned.discard(context.partition_id)
        if reason is CloseReason.OWNERSHIP_LOST:
            self._checkpoints.forget(context.partition_id)
        self._log.info("partition closed", partition=context.partition_id, reason=reason.name.lower())

    async def _on_error(self, context: PartitionContext | None, error: Exception) -> None:
        partition = context.partition_id if context is not None else None
        text = (str(error).splitlines() or [type(error).__name__])[0]
        self._log.warning("receiving interrupted", partition=partition, error=text[:300])
