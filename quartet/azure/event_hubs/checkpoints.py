"""Checkpoints: a watermark per partition, written at most once per interval, never ahead of finished work."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.eventhub import EventData
from azure.eventhub.aio import PartitionContext
from structlog.typing import FilteringBoundLogger

from quartet.engine.errors import one_line

Sleep: TypeAlias = Callable[[float], Awaitable[None]]
Restore: TypeAlias = Callable[[], Awaitable[None]]


class Checkpoints:
    """Keeps the last finished event of each partition, and writes it once per interval.

    Only finished events are marked, so a checkpoint that is lost or late costs a redelivery, never an event. For the
    same reason a checkpoint container that was deleted may be created again, which `restore` does. In Azure an identity
    may write checkpoints and no more: there a person must restore the container.
    """

    def __init__(
        self, every: float, log: FilteringBoundLogger, sleep: Sleep = asyncio.sleep, restore: Restore | None = None
    ) -> None:
        self._every = every
        self._log = log
        self._sleep = sleep
        self._restore = restore
        self._due: dict[str, tuple[PartitionContext, EventData]] = {}
        self._writing = asyncio.Lock()
        self.written = 0

    def mark(self, context: PartitionContext, event: EventData) -> None:
        """Note that everything up to and including `event` is finished."""
        self._due[context.partition_id] = (context, event)

    def forget(self, partition: str) -> None:
        """Drop what is due: the partition has another owner, whose checkpoint must not be moved back.

        A write that is under way is not tried again if it fails.
        """
        self._due.pop(partition, None)

    async def run(self) -> None:
        """Write what is due once per interval, until cancelled."""
        while True:
            await self._sleep(self._every)
            await self.flush()

    async def flush(self) -> None:
        """Write what is due now. What cannot be written stays due.

        Returns when a write that had begun before is at its end, too. So a process that stops after a flush leaves
        nothing due.
        """
        async with self._writing:
            for partition in list(self._due):
                if (due := self._due.get(partition)) is not None:
                    await self._write(partition, due)

    async def _write(self, partition: str, due: tuple[PartitionContext, EventData]) -> None:
        context, event = due
        try:
            await context.update_checkpoint(event)
            self.written += 1
        except Exception as error:  # noqa: BLE001 -- whatever it is, a late checkpoint only costs a redelivery
            self._log.warning("checkpoint not written", partition=partition, error=one_line(error))
            await self.restore_after(error)
        else:
            if self._due.get(partition) is due:  # neither forgotten nor replaced by a later one meanwhile
                del self._due[partition]

    async def restore_after(self, error: Exception) -> None:
        """If the error says that the checkpoint container is gone, create it again."""
        if self._restore is None or not isinstance(error, ResourceNotFoundError):
            return
        try:
            await self._restore()
        except (AzureError, OSError, TimeoutError) as failure:
            self._log.error(
                "the checkpoint container is missing and cannot be created",
                error=one_line(failure),
                hint="restore the deleted container, or deploy the infrastructure: an identity may not create it",
            )
        else:
            self._log.warning("the checkpoint container was missing and has been created again")
