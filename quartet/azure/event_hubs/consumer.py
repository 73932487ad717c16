"""Receiving: the SDK's event processor in front, the engine behind, and an orderly end."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import TypeAlias

from azure.eventhub import CloseReason, EventData
from azure.eventhub.aio import EventHubConsumerClient, PartitionContext
from structlog.typing import FilteringBoundLogger

from quartet.azure.event_hubs.checkpoints import Checkpoints
from quartet.azure.event_hubs.client import message_of
from quartet.azure.event_hubs.watermark import Watermark
from quartet.engine.batch import Batch
from quartet.engine.errors import one_line
from quartet.engine.failures.stall_detector import StallDetector
from quartet.engine.failures.timeouts import stretched
from quartet.engine.ports import Message

Process: TypeAlias = Callable[[str, Sequence[Message]], Awaitable[Batch]]

# Measured: prefetch equal to the batch size, about a thousand, costs least per event; smaller ones stall for credit.
_BATCH = 1000
# How long a restart waits for batches that have begun, and then for the client to close.
_RESTART_SECONDS = 5
# How long it waits before the next client, so that one that fails immediately does not use all of the CPU.
_RECONNECT_SECONDS = 0.5


class Consumer:
    """Feeds the batches of every partition that this replica owns to `process`, one batch per partition at a time.

    Events that `process` leaves at work, since their port is slow, hold back the checkpoint and nothing else. It keeps
    `owned`, the ids of those partitions, up to date, and calls `prepare` with each new one. `progress` is told what has
    come in.
    """

    def __init__(
        self,
        client: EventHubConsumerClient,
        *,
        connect: Callable[[], EventHubConsumerClient],
        process: Process,
        prepare: Callable[[str], Awaitable[None]],
        checkpoints: Checkpoints,
        owned: set[str],
        progress: StallDetector,
        log: FilteringBoundLogger,
        starts: datetime | None = None,
        hub: str = "",
    ) -> None:
        """`starts`: where to begin in a partition without a checkpoint; None means at the beginning.

        `hub`: as in `Message`.
        """
        self._connect = connect
        self._client = client
        self._process = process
        self._prepare = prepare
        self._checkpoints = checkpoints
        self._log = log
        self._starts = starts
        self._hub = hub
        self._working: dict[asyncio.Task[None], str] = {}
        self._slow: set[asyncio.Task[None]] = set()
        self._watermarks: dict[str, Watermark] = {}
        self._pausing = False
        self._stopping = False
        self._owned = owned
        self.progress = progress
        self._receiving: asyncio.Task[None] | None = None
        self._may_receive = asyncio.Event()
        self._may_receive.set()

    @property
    def busy(self) -> Collection[str]:
        """The partitions of which a batch is being handled."""
        return set(self._working.values())

    async def run(self) -> None:
        """Receive until `stop`, with a new client after every `restart`."""
        try:
            while not self._stopping:
                self._receiving = asyncio.create_task(self._receive())
                await asyncio.wait([self._receiving])
                if not self._receiving.cancelled():
                    self._receiving.result()  # a bug ends the process, with its traceback
                await self._may_receive.wait()
                if not self._stopping:
                    await asyncio.sleep(_RECONNECT_SECONDS)
                    self._client = self._connect()
                    self._pausing = False
        finally:
            if self._receiving is not None:
                self._receiving.cancel()

    async def restart(self, meanwhile: Callable[[], Awaitable[object]]) -> None:
        """Replace the client by a new one, which continues from the checkpoints.

        Batches under way are finished, and what has finished within a few seconds is checkpointed. The old client may
        never close, so the wait for it has a limit, too. `meanwhile` is awaited while nothing is received and no
        checkpoint is due; what it raises is raised when the new client receives.
        """
        self._may_receive.clear()
        self._pausing = True
        try:
            await self._let_go()
            await meanwhile()
        finally:
            self._may_receive.set()

    async def _let_go(self) -> None:
        await self._finish_batches(stretched(_RESTART_SECONDS))
        await self._checkpoints.flush()
        for partition in self._owned:
            self._checkpoints.forget(partition)
        self._owned.clear()
        self._watermarks.clear()
        self.progress.forget()
        closing = asyncio.create_task(self._client.close())
        await asyncio.wait([closing], timeout=stretched(_RESTART_SECONDS))
        closing.cancel()
        if self._receiving is not None:
            self._receiving.cancel()

    async def _receive(self) -> None:
        """Receive until the client is closed. The SDK reconnects, and never raises."""
        await self._client.receive_batch(
            on_event_batch=self._on_batch,
            on_error=self._on_error,
            on_partition_initialize=self._on_open,
            on_partition_close=self._on_close,
            max_batch_size=_BATCH,
            prefetch=_BATCH,
            # Without a checkpoint. The SDK's default, the end of the stream, would skip what came before us. It is not
            # inclusive: the SDK would then be inclusive after a checkpoint, too.
            starting_position="-1" if self._starts is None else self._starts,
        )

    async def stop(self, within: float) -> None:
        """Begin no further batch, finish those under way, write the checkpoints, and release the partitions.

        What is not finished `within` seconds stays uncheckpointed and comes again.
        """
        self._stopping = True
        for task in await self._finish_batches(within):
            task.cancel()
        await self._checkpoints.flush()
        await self._client.close()

    async def _finish_batches(self, within: float) -> set[asyncio.Task[None]]:
        """Wait for the batches under way, for so many seconds at most. Returns those that have not finished.

        One that turns out to be slow meanwhile is waited for as well.
        """
        now = asyncio.get_running_loop().time
        end = now() + within
        while under_way := {task for task in (*self._working, *self._slow) if not task.done()}:
            if now() >= end:
                break
            await asyncio.wait(under_way, timeout=end - now())
        return under_way

    async def _on_batch(self, context: PartitionContext, events: list[EventData]) -> None:
        if self._stopping or self._pausing or not events:
            return
        if (number := events[-1].sequence_number) is not None:
            self.progress.received(context.partition_id, number)
        # The SDK cancels this callback when the partition moves or the client closes. A batch that has begun is
        # finished all the same: half of its answers may be out.
        task = asyncio.create_task(self._finish(context, events))
        self._working[task] = context.partition_id
        task.add_done_callback(lambda done: self._working.pop(done, None))
        await asyncio.shield(task)

    async def _finish(self, context: PartitionContext, events: list[EventData]) -> None:
        partition = context.partition_id
        watermark = self._watermarks.setdefault(partition, Watermark())
        batch = await self._process(partition, [message_of(event, self._hub) for event in events])
        watermark.add(events, batch)
        self._mark(context, watermark)
        if batch.first_unfinished is not None:
            task = asyncio.create_task(self._finish_slow(context, watermark, batch))
            self._slow.add(task)
            task.add_done_callback(self._slow.discard)

    async def _finish_slow(self, context: PartitionContext, watermark: Watermark, batch: Batch) -> None:
        await batch.finish()
        self._mark(context, watermark)

    def _mark(self, context: PartitionContext, watermark: Watermark) -> None:
        # What was received before a restart, or before the partition moved, says nothing about the place that the
        # receiver of today has reached.
        if self._watermarks.get(context.partition_id) is watermark and context.partition_id in self._owned:
            last = watermark.advance()
            if last is not None:
                self._checkpoints.mark(context, last)

    async def _on_open(self, context: PartitionContext) -> None:
        self._owned.add(context.partition_id)
        self._watermarks[context.partition_id] = Watermark()
        self._log.info("partition opened", partition=context.partition_id)
        try:
            await self._prepare(context.partition_id)
        except Exception as error:  # noqa: BLE001 -- it only saves time: the first send does the same, and reports
            self._log.warning("partition not prepared", partition=context.partition_id, error=one_line(error))

    async def _on_close(self, context: PartitionContext, reason: CloseReason) -> None:
        self._owned.discard(context.partition_id)
        self._watermarks.pop(context.partition_id, None)
        if reason is CloseReason.OWNERSHIP_LOST:
            self._checkpoints.forget(context.partition_id)
        self._log.info("partition closed", partition=context.partition_id, reason=reason.name.lower())

    async def _on_error(self, context: PartitionContext | None, error: Exception) -> None:
        partition = context.partition_id if context is not None else None
        self._log.warning("receiving interrupted", partition=partition, error=one_line(error))
        await self._checkpoints.restore_after(error)
