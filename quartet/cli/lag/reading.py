"""Reading the position of the services: checkpoints, owners and the hub's events, with a bounded number of requests.

Per service one list of blobs, per partition one question to the hub, and one event for every place where events wait.
They are made side by side, a few at a time: each question to the hub is a connection of its own.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, NamedTuple, TypeVar

from azure.eventhub.aio import EventHubConsumerClient
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore

from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs.client import hub_outages
from quartet.azure.sdk_internals.calls import namespace_of
from quartet.azure.settings import Settings
from quartet.cli.application import choreography
from quartet.cli.lag.checkpoints import ByPartition, Progress, read_progress
from quartet.cli.lag.hub_head import read_head
from quartet.cli.lag.lag import Head, Lag, Place, Standstill, judge
from quartet.cli.reading.connection import AGENT, console_client, open_consumer
from quartet.cli.reading.hubs import for_each, hearers_of
from quartet.engine.declaration.hubs import place_of
from quartet.engine.errors import ConfigurationError, OutageError
from quartet.engine.ports import Now, Sleep
from quartet.process.startup import new_checkpoint_store
from quartet.terminal.user_error import UserError

MOST_REQUESTS: Final = 8
"""The number of requests to the hub that may be in progress at the same time."""

R = TypeVar("R")


class Ends(NamedTuple):
    """The range of events that the hub has in a partition.

    Attributes:
        first, last: the sequence numbers of the first and the last event; `last` is before `first` if it has none.
        last_at: when the hub took in the last one.
    """

    first: int
    last: int
    last_at: datetime


class Reader(NamedTuple):
    """A service in a partition of a hub, which it reads; `hub` is its label."""

    service: str
    hub: str
    partition: str


@dataclass(frozen=True, slots=True)
class HubAtWork:
    """A hub, and who hears it.

    Attributes:
        label: see `Message.hub`.
        settings: those of a client of this hub.
        services: the participants that hear it.
        client: is asked for what the hub holds.
        connect: makes another client like it.
    """

    label: str
    settings: Settings
    services: tuple[str, ...]
    client: EventHubConsumerClient
    partitions: Sequence[str]
    connect: Callable[[], EventHubConsumerClient]


@dataclass(frozen=True, slots=True)
class View:
    """One look at the checkpoint store, by service and partition, and at the hub after it.

    Attributes:
        hub: the label of the hub; see `Message.hub`.
    """

    progress: dict[str, ByPartition]
    ends: dict[str, Ends]
    hub: str = ""

    def where(self, partition: str) -> str:
        """A partition, with the hub if that is not the main one."""
        return place_of(self.hub, partition)

    def places(self, alive_since: datetime) -> list[Place]:
        """The position of every service in every partition; an owner counts if it was active since `alive_since`."""
        return [
            replace(_place(service, partition, ends, known.get(partition, Progress()), alive_since), hub=self.hub)
            for service, known in self.progress.items()
            for partition, ends in self.ends_for(service).items()
        ]

    def ends_for(self, service: str) -> dict[str, tuple[int, int]]:
        """By partition, the sequence numbers of the first and the last event that a service is to hear.

        The last is before the first if there is none, as for one without a checkpoint that starts later than the last.
        """
        known, starts = self.progress[service], _starts(service)
        return {
            partition: (ends.last + 1 if _is_before(ends, known.get(partition), starts) else ends.first, ends.last)
            for partition, ends in self.ends.items()
        }


class LagReader:
    """Looks at the services' progress in all hubs."""

    def __init__(
        self, hubs: Sequence[HubAtWork], store: BlobCheckpointStore, *, most_requests: int = MOST_REQUESTS
    ) -> None:
        """`store` has the checkpoints of all of them."""
        self._hubs = {hub.label: hub for hub in hubs}
        self._store = store
        self._gate = asyncio.Semaphore(most_requests)

    async def look(self, services: Collection[str]) -> list[View]:
        """Look at each hub once.

        Raises:
            UserError: the checkpoint store has no container, or a checkpoint cannot be read.
            ConfigurationError: a server refuses the key or identity.
            OutageError: a server does not answer.
        """
        return list(await asyncio.gather(*(self._look(hub, services) for hub in self._hubs.values())))

    async def _look(self, hub: HubAtWork, services: Collection[str]) -> View:
        # The checkpoints come first: events that arrive meanwhile can only make the ends later.
        progress = await self._progress(hub, services)
        ends = await asyncio.gather(*(self._ends(hub, partition) for partition in hub.partitions))
        return View(progress, dict(zip(hub.partitions, ends, strict=True)), hub.label)

    async def lags(self, views: Sequence[View], now: datetime) -> list[Lag]:
        """Where every service is, with the event that is next there. Raises as `look` does."""
        places = [
            place
            for view in views
            for place in view.places(now - timedelta(seconds=self._hubs[view.hub].settings.ownership_expires_seconds))
        ]
        # Services that are equally far wait for the same event.
        positions = [(place.hub, place.partition, _position(place)) for place in places]
        wanted = list(dict.fromkeys(one for one, place in zip(positions, places, strict=True) if place.waiting))
        found = await asyncio.gather(*(self._head(*one) for one in wanted))
        heads = dict(zip(wanted, found, strict=True))
        return [_lag(place, heads.get(one)) for one, place in zip(positions, places, strict=True)]

    async def standstill(
        self, lags: Sequence[Lag], now: Now, limit: timedelta, sleep: Sleep = asyncio.sleep
    ) -> Standstill:
        """Find stalled partitions. One that seems stalled is read twice: its service may have begun a moment ago.

        Raises as `look` does.
        """
        first = judge(lags, now(), limit)
        if not first.standing:
            return first
        hubs = self._hubs.values()
        await sleep(2 + 2 * max(hub.settings.checkpoint_seconds for hub in hubs))
        services = {one.service for one in first.standing}
        progress = {hub.label: await self._progress(hub, services) for hub in hubs}
        return judge([_again(lag, progress[lag.place.hub], now()) for lag in lags], now(), limit)

    async def finished(self, services: Collection[str]) -> dict[Reader, int]:
        """The checkpoints alone: one list of blobs for each service and hub. Raises as `look` does."""
        return {
            Reader(service, label, partition): progress.checkpoint
            for label, hub in self._hubs.items()
            for service, known in (await self._progress(hub, services)).items()
            for partition, progress in known.items()
            if progress.checkpoint is not None
        }

    async def _progress(self, hub: HubAtWork, services: Collection[str]) -> dict[str, ByPartition]:
        heard = [service for service in hub.services if service in services]
        namespace = namespace_of(hub.client)
        found = await asyncio.gather(
            *(read_progress(self._store, namespace, hub.settings, service) for service in heard)
        )
        return dict(zip(heard, found, strict=True))

    async def _ends(self, hub: HubAtWork, partition: str) -> Ends:
        async def ask() -> Ends:
            with hub_outages():
                properties = await hub.client.get_partition_properties(partition)
            first, last = int(properties["beginning_sequence_number"]), int(properties["last_enqueued_sequence_number"])
            return Ends(last + 1 if properties["is_empty"] else first, last, properties["last_enqueued_time_utc"])

        return await self._gated(ask)

    async def _head(self, hub: str, partition: str, position: int | datetime) -> Head:
        return await self._gated(lambda: read_head(self._hubs[hub].connect(), partition, position))

    async def _gated(self, step: Callable[[], Awaitable[R]]) -> R:
        async with self._gate:
            return await step()


@asynccontextmanager
async def open_lag_reader(settings: Settings) -> AsyncIterator[LagReader]:
    """A reader with clients of its own, one for each hub.

    Raises:
        ConfigurationError: the settings cannot be used, or the hub does not exist.
        OutageError: the hub does not answer.
    """
    async with AsyncExitStack() as stack:
        credentials = await stack.enter_async_context(Credentials())
        store = await stack.enter_async_context(new_checkpoint_store(settings, credentials, AGENT))
        hubs = []
        for label, hub_settings in for_each(settings).items():
            client, partitions = await stack.enter_async_context(open_consumer(hub_settings))
            connect = partial(console_client, hub_settings, credentials)
            hubs.append(HubAtWork(label, hub_settings, hearers_of(settings, label), client, partitions, connect))
        yield LagReader(hubs, store)


async def try_standstill(
    settings: Settings, services: Sequence[str], limit: timedelta
) -> tuple[Standstill | None, Exception | None]:
    """The stalled partitions of some services; or None, and why they are not known."""
    try:
        async with open_lag_reader(settings) as reader:
            lags = await reader.lags(await reader.look(services), _now())
            return await reader.standstill(lags, _now, limit), None
    except (UserError, ConfigurationError, OutageError) as error:
        return None, error


def _now() -> datetime:
    return datetime.now(UTC)


def _place(service: str, partition: str, ends: tuple[int, int], known: Progress, alive_since: datetime) -> Place:
    is_owned = bool(known.owner) and known.renewed is not None and known.renewed > alive_since
    checkpoint = None if known.checkpoint is None or known.checkpoint < 0 else known.checkpoint
    return Place(service, partition, *ends, checkpoint, known.written, is_owned)


def _is_before(ends: Ends, known: Progress | None, starts: datetime | None) -> bool:
    """Whether all that a partition has came in before a service without a checkpoint starts."""
    return starts is not None and (known is None or known.checkpoint is None) and ends.last_at <= starts


def _starts(service: str) -> datetime | None:
    return choreography().participant(service).starts


def _position(place: Place) -> int | datetime:
    """Where the receiver begins: at a number, or for one that starts at a moment and has no checkpoint, then."""
    starts = _starts(place.service)
    return place.next if place.checkpoint is not None or starts is None else starts


def _lag(place: Place, head: Head | None) -> Lag:
    """Nothing is known to be wrong if nothing waits. What comes before the head is not for this service."""
    if head is None or not place.waiting:
        return Lag(place)
    return Lag(replace(place, first=max(place.first, head.sequence_number)), head)


def _again(lag: Lag, progress: dict[str, ByPartition], now: datetime) -> Lag:
    """The same; if its checkpoint is another one now, written now."""
    place = lag.place
    known = progress.get(place.service, {}).get(place.partition, Progress())
    has_moved = known.checkpoint is not None and known.checkpoint != place.checkpoint
    return replace(lag, place=replace(place, written=now)) if has_moved else lag
