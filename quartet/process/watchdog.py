"""The watchdog: finds receivers that stall without an error, and restarts them.

The SDK can lose a receiver silently: a link that is refused at attach is never reported, and partitions that stall have
been reported by its users (azure-sdk-for-python #35948, #30931, #29081). Only the hub's last sequence number
shows it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Protocol

from azure.eventhub.aio import EventHubProducerClient
from structlog.typing import FilteringBoundLogger

from quartet.azure.event_hubs.client import hub_outages
from quartet.azure.event_hubs.stale_checkpoints import StaleCheckpoints
from quartet.engine.errors import OutageError
from quartet.engine.failures.stall_detector import StallDetector
from quartet.engine.ports import Sleep

# Looks at a partition per `restart_after`. A stalled one is found at most one such interval later.
_LOOKS = 4


class Watched(Protocol):
    """What the watchdog watches: a consumer."""

    progress: StallDetector

    @property
    def busy(self) -> Collection[str]:
        """The partitions with a batch that is being handled."""

    async def restart(self, meanwhile: Callable[[], Awaitable[object]]) -> None:
        """Receive with a new client, from the checkpoints; `meanwhile` is awaited while nothing is received."""


class Watchdog:
    """Looks at every partition that this replica owns, a few times per `restart_after` seconds."""

    def __init__(
        self,
        consumer: Watched,
        hub: EventHubProducerClient,
        checkpoints: StaleCheckpoints,
        *,
        owned: Collection[str],
        restart_after: float,
        log: FilteringBoundLogger,
        clock: Callable[[], float],
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._consumer = consumer
        self._hub = hub
        self._checkpoints = checkpoints
        self._owned = owned
        self._every = restart_after / _LOOKS
        self._log = log
        self._clock = clock
        self._sleep = sleep
        self._made_at: object = None
        self.behind: int | None = None
        """The events that the hub has and that have not come in, at the last look; None if that is not known. A
        partition from which nothing has come in yet counts from its checkpoint, or from the beginning of the count."""
        self.lags: Mapping[str, int] = {}
        """The same for each partition; empty if that is not known."""

    async def run(self) -> None:
        """Look once per interval, until cancelled."""
        while True:
            await self._sleep(self._every)
            try:
                await self.look()
            except OutageError as outage:
                # An outage is not a reason to restart: the SDK reconnects.
                self._log.warning("watchdog interrupted", error=str(outage))
            except Exception:  # noqa: BLE001 -- a watchdog that fails must not end the receiver
                self._log.exception("watchdog failed; checking again")

    async def look(self) -> None:
        """Look once, and restart the receiver if it is stalled or the hub was recreated.

        Raises:
            OutageError: a server did not answer.
        """
        self.behind, self.lags = None, {}
        still = await self._stalled()
        with hub_outages():
            made_at = (await self._hub.get_eventhub_properties())["created_at"]
        is_another = self._made_at not in {None, made_at}
        if is_another:
            self._log.error("event hub was recreated; restarting receiver")
        elif still:
            self._log.error("events are waiting and none arrives; restarting receiver", partitions=still)
        if is_another or still:
            # Of another hub, all of them: a replica may have put them back, and we may have overwritten them since.
            await self._consumer.restart(lambda: self._checkpoints.reset(all_of_them=is_another))
        self._made_at = made_at

    async def _stalled(self) -> list[str]:
        owned = sorted(self._owned)
        progress = self._consumer.progress
        progress.keep_only(set(owned))
        # Our position is read first: an event that arrives meanwhile must not look like one that the hub has lost.
        received = [progress.position(partition) for partition in owned]
        starts = await self._starts() if None in received else {}
        ends = await asyncio.gather(*(self._end(partition) for partition in owned))
        busy, now = self._consumer.busy, self._clock()
        still, lags = [], dict[str, int]()
        for partition, place, end in zip(owned, received, ends, strict=True):
            position = starts.get(partition, -1) if place is None else place
            lags[partition] = max(end - position, 0)
            if progress.is_stalled(partition, end=end, position=position, is_busy=partition in busy, now=now):
                still.append(partition)
        self.behind, self.lags = sum(lags.values()), lags
        return still

    async def _starts(self) -> dict[str, int]:
        """Where a receiver begins that has received nothing yet."""
        return {str(one["partition_id"]): int(one["sequence_number"]) for one in await self._checkpoints.checkpoints()}

    async def _end(self, partition: str) -> int:
        with hub_outages():
            properties = await self._hub.get_partition_properties(partition)
        return int(properties["last_enqueued_sequence_number"])
