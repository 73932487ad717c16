"""Checkpoints: a watermark per partition, written at most once per interval, never ahead of finished work."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from azure.core.exceptions import AzureError
from azure.eventhub import EventData
from azure.eventhub.aio import PartitionContext
from structlog.typing import FilteringBoundLogger

Sleep: TypeAlias = Callable[[float], Awaitable[None]]


class Checkpoints:
    """Remembers the last finished event of each partition and writes it when it is time.

    Only finished batches are marked, so a checkpoint that is lost or late costs a repeat, never an event.
    """

    def __init__(self, every: float, log: FilteringBoundLogger, sleep: Sleep = asyncio.sleep) -> None:
        self._every = every
        self._log = log
        self._sleep = sleep
        self._due: dict[str, tuple[PartitionContext, EventData]] = {}
        self.written = 0

    def mark(self, context: PartitionContext, event: EventData) -> None:
        """Say that everything up to and including `event` is finished."""
        self._due[context.partition_id] = (context, event)

    def forget(self, partition: str) -> None:
        """Drop what is due: the partition has another owner, whose checkpoint must not be moved back."""
        self._due.pop(partition, None)

    async def run(self) -> None:
        """Write what is due, for ever, once per interval."""
        while True:
            await self._sleep(self._every)
            await self.flush()

    async def flush(self) -> None:
        """Write what is due now. What cannot be written stays due."""
        due, self._due = self._due, {}
        for partition, (context, event) in due.items():
            try:
                await context.update_checkpoint(event)
                self.written += 1
            except (AzureError, OSError, TimeoutError) as error:
                self._due.setdefault(partition, (context, event))
                self._log.warning("checkpoint not written", partition=partition, error=str(error).splitlines()[0])
