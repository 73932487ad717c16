"""What a process does about one hub: it receives, writes checkpoints, and watches that it does."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient
from structlog.typing import FilteringBoundLogger

from quartet.azure.event_hubs.checkpoints import Checkpoints
from quartet.azure.event_hubs.consumer import Consumer, Process
from quartet.azure.event_hubs.stale_checkpoints import StaleCheckpoints
from quartet.azure.settings import Settings
from quartet.engine.declaration.hubs import place_of
from quartet.engine.failures.stall_detector import StallDetector
from quartet.process.watchdog import Watchdog


@dataclass(frozen=True, slots=True)
class HubServers:
    """The clients of one hub that a participant hears.

    Attributes:
        label: what `Message.hub` says of its events.
        properties: is asked what the hub holds; it sends nothing.
        receiver: receives; `connect` makes another one.
    """

    label: str
    properties: EventHubProducerClient
    receiver: EventHubConsumerClient
    connect: Callable[[], EventHubConsumerClient]
    stale_checkpoints: StaleCheckpoints


class HubListener:
    """Feeds the events of one hub to `process`.

    Attributes:
        owned: the partitions of the hub that this replica receives from, as they are now.
        consumer: what receives.
        checkpoints: what writes the checkpoints.
    """

    def __init__(
        self,
        servers: HubServers,
        settings: Settings,
        *,
        process: Process,
        prepare: Callable[[str], Awaitable[None]],
        log: FilteringBoundLogger,
        clock: Callable[[], float],
        starts: datetime | None = None,
        restore: Callable[[], Awaitable[None]] | None = None,
        owned: set[str] | None = None,
    ) -> None:
        """The arguments are those of `Consumer`, `Checkpoints` (`restore`) and `Watchdog` (`clock`)."""
        self._label = servers.label
        self.owned: set[str] = set() if owned is None else owned
        if self._label:
            log = log.bind(hub=self._label)
        self.checkpoints = Checkpoints(settings.checkpoint_seconds, log, restore=restore)
        self.consumer = Consumer(
            servers.receiver,
            connect=servers.connect,
            process=process,
            prepare=prepare,
            checkpoints=self.checkpoints,
            owned=self.owned,
            progress=StallDetector(settings.watchdog_seconds),
            log=log,
            starts=starts,
            hub=self._label,
        )
        self._watchdog = Watchdog(
            self.consumer,
            servers.properties,
            servers.stale_checkpoints,
            owned=self.owned,
            restart_after=settings.watchdog_seconds,
            log=log,
            clock=clock,
        )

    @property
    def beside(self) -> tuple[Callable[[], Awaitable[None]], ...]:
        """The work beside receiving, each without an end."""
        return self.checkpoints.run, self._watchdog.run

    @property
    def label(self) -> str:
        """What `Message.hub` says of its events."""
        return self._label

    @property
    def lags(self) -> Mapping[str, int]:
        """See `Watchdog.lags`."""
        return self._watchdog.lags

    @property
    def behind(self) -> int | None:
        """See `Watchdog.behind`."""
        return self._watchdog.behind

    @property
    def partitions(self) -> list[str]:
        """The partitions that this replica receives from, with the name of the hub if that is not the main one."""
        return sorted(place_of(self._label, one) for one in self.owned)


async def receive(listeners: Sequence[HubListener]) -> None:
    """Receive from all hubs until they are stopped. What one of them raises ends all."""
    async with asyncio.TaskGroup() as group:
        for listener in listeners:
            group.create_task(listener.consumer.run())


async def stop(listeners: Sequence[HubListener], within: float) -> None:
    """Stop all, side by side; see `Consumer.stop`."""
    await asyncio.gather(*(listener.consumer.stop(within) for listener in listeners))


def behind_in(listeners: Sequence[HubListener]) -> int | None:
    """The events that the hubs have and that have not come in; None if that is not known of one of them."""
    known = [listener.behind for listener in listeners]
    return None if None in known else sum(one or 0 for one in known)
