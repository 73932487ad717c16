"""Reading the position of the services: checkpoints, owners and the hub's events, with a bounded number of requests.

Per service one list of blobs, per partition one question to the hub, and one event for every place where events wait.
They are made side by side, a few at a time: each question to the hub is a connection of its own.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
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


@dataclass(frozen=True, slots=True)
class View:
    """One look at the checkpoint store, by service and partition, and at the hub after it."""

    progress: dict[str, ByPartition]
    ends: dict[str, Ends]

    def places(self, alive_since: datetime) -> list[Place]:
        """The position of every service in every partition; an owner counts if it was active since `alive_since`."""
        return [
            _place(service, partition, ends, known.get(partition, Progress()), alive_since)
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
    """Looks at the services' progress."""

    def __init__(
        self,
        client: EventHubConsumerClient,
        partitions: Sequence[str],
        store: BlobCheckpointStore,
        settings: Settings,
        *,
        connect: Callable[[], EventHubConsumerClient],
        most_requests: int = MOST_REQUESTS,
    ) -> None:
        """`connect` makes another client like the first."""
        self._client = client
        self._connect = connect
        self._partitions = partitions
        self._store = store
        self._settings = settings
        self._gate = asyncio.Semaphore(most_requests)
        self._namespace = namespace_of(client)

    async def look(self, services: Sequence[str]) -> View:
        """Look once.

        Raises:
            UserError: the checkpoint store has no container, or a checkpoint cannot be read.
            ConfigurationError: a server refuses the key or identity.
            OutageError: a server does not answer.
        """
        # The checkpoints come first: events that arrive meanwhile can only make the ends later.
        progress = await self._progress(services)
        ends = await asyncio.gather(*(self._ends(partition) for partition in self._partitions))
        return View(progress, dict(zip(self._partitions, ends, strict=True)))

    async def lags(self, view: View, now: datetime) -> list[Lag]:
        """Where every service is, with the event that is next there. Raises as `look` does."""
        places = view.places(now - timedelta(seconds=self._settings.ownership_expires_seconds))
        # Services that are equally far wait for the same event.
        positions = [(place.partition, _position(place)) for place in places]
        wanted = list(dict.fromkeys(one for one, place in zip(positions, places, strict=True) if place.waiting))
        found = await asyncio.gather(*(self._head(partition, position) for partition, position in wanted))
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
        await sleep(2 + 2 * self._settings.checkpoint_seconds)
        progress = await self._progress(list(dict.fromkeys(one.service for one in first.standing)))
        return judge([_again(lag, progress, now()) for lag in lags], now(), limit)

    async def _progress(self, services: Sequence[str]) -> dict[str, ByPartition]:
        found = await asyncio.gather(
            *(read_progress(self._store, self._namespace, self._settings, service) for service in services)
        )
        return dict(zip(services, found, strict=True))

    async def _ends(self, partition: str) -> Ends:
        async def ask() -> Ends:
            with hub_outages():
                properties = await self._client.get_partition_properties(partition)
            first, last = int(properties["beginning_sequence_number"]), int(properties["last_enqueued_sequence_number"])
            return Ends(last + 1 if properties["is_empty"] else first, last, properties["last_enqueued_time_utc"])

        return await self._gated(ask)

    async def _head(self, partition: str, position: int | datetime) -> Head:
        return await self._gated(lambda: read_head(self._connect(), partition, position))

    async def _gated(self, step: Callable[[], Awaitable[R]]) -> R:
        async with self._gate:
            return await step()


@asynccontextmanager
async def open_lag_reader(settings: Settings) -> AsyncIterator[LagReader]:
    """A reader with clients of its own.

    Raises:
        ConfigurationError: the settings cannot be used, or the hub does not exist.
        OutageError: the hub does not answer.
    """
    async with AsyncExitStack() as stack:
        credentials = await stack.enter_async_context(Credentials())
        store = await stack.enter_async_context(new_checkpoint_store(settings, credentials, AGENT))
        client, partitions = await stack.enter_async_context(open_consumer(settings))

        def connect() -> EventHubConsumerClient:
            return console_client(settings, credentials)

        yield LagReader(client, partitions, store, settings, connect=connect)


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
