"""Following the hubs: every event goes into the projection, in batches, from where the projection is.

There are no checkpoints and no owners. The position of each partition is in the projection, in the transaction of its
batch. Whatever goes wrong with a hub ends the session: the next one looks again at what is there.
"""

import asyncio
import itertools
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from azure.eventhub import EventData
from azure.eventhub.aio import EventHubConsumerClient
from structlog.typing import FilteringBoundLogger

from quartet.azure.event_hubs.client import hub_outages, message_of
from quartet.console.capture.past import Past
from quartet.console.interpreting import Interpreter
from quartet.console.overviews import Standing
from quartet.console.partition_reader import PartitionReader
from quartet.console.projection.facts import Place
from quartet.console.projection.port import Projection
from quartet.console.taking import Taking
from quartet.engine.errors import OutageError
from quartet.engine.failures.timeouts import stretched

_ASKING_SECONDS: Final = 15
_CHECK_SECONDS: Final = 5
_CHECKS_OF_ENDS: Final = 6
"""With each check of this number, the ends of all partitions are asked for, too."""
_CLOSING_SECONDS: Final = 5
_SHORTEST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 5.0

Connect = Callable[[], EventHubConsumerClient]


class _EndedError(Exception):
    """The session has to end, for the reason that was noted."""


@dataclass(frozen=True, slots=True)
class _Hub:
    """A hub, as it is at the beginning of a session."""

    label: str
    client: EventHubConsumerClient
    made_at: datetime
    partitions: list[str]


class Follower:
    """Reads all hubs of an application.

    Attributes:
        taking: where the events go.
        flow, progress: see `Taking`.
    """

    def __init__(
        self,
        connects: Mapping[str, Connect],
        projection: Projection,
        interpreter: Interpreter,
        *,
        log: FilteringBoundLogger,
        check_seconds: float = _CHECK_SECONDS,
        past: Past | None = None,
    ) -> None:
        """`connects`: what makes a client of each hub, by its label. `past` is read before the hubs."""
        self._connects = connects
        self._projection = projection
        self._log = log
        self._check_seconds = check_seconds
        self._past = past
        self._problem = "it has not begun to read yet"
        self._pause = _SHORTEST_PAUSE
        self.taking = Taking(projection, interpreter, log=log, note=self._note)
        self.flow, self.progress = self.taking.flow, self.taking.progress

    def standing(self, now: int) -> Standing:
        """See `Following.standing`."""
        events, seconds = self.progress.behind(now)
        return Standing(not self._problem, events, seconds, self._problem)

    async def run(self) -> None:
        """Follow until this is cancelled.

        Raises:
            ConfigurationError: a file of the past cannot be read.
        """
        while True:
            try:
                await self._session()
            except OutageError as error:
                self._note(str(error))
            except _EndedError:
                pass
            await asyncio.sleep(self._pause)
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    async def _session(self) -> None:
        async with AsyncExitStack() as stack:
            hubs = [await self._open(stack, label, connect) for label, connect in self._connects.items()]
            await self._begin(hubs)
            await self._read_past({hub.label: hub.made_at for hub in hubs})
            for place, missed in self.progress.missed().items():
                self._log.warning("events have expired before they were read", partition=place, events=missed)
            readers = [
                PartitionReader(hub.client, Place(hub.label, partition), self.progress, self._take, self._note)
                for hub in hubs
                for partition in hub.partitions
            ]
            works = [*(reader.run() for reader in readers), self._watch(hubs)]
            tasks = [asyncio.create_task(work) for work in works]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            for task in done:
                task.result()

    async def _open(self, stack: AsyncExitStack, label: str, connect: Connect) -> _Hub:
        client = connect()
        stack.push_async_callback(_close, client)
        hub = _Hub(label, client, *await _properties(client))
        await self._ask_ends(hub)
        return hub

    async def _ask_ends(self, hub: _Hub) -> None:
        async def ask(partition: str) -> None:
            with hub_outages():
                async with asyncio.timeout(stretched(_ASKING_SECONDS)):
                    found = await hub.client.get_partition_properties(partition)
            first, last = int(found["beginning_sequence_number"]), int(found["last_enqueued_sequence_number"])
            self.progress.saw_ends(Place(hub.label, partition), last + 1 if found["is_empty"] else first, last)

        await asyncio.gather(*(ask(partition) for partition in hub.partitions))

    async def _begin(self, hubs: list[_Hub]) -> None:
        """Find where to begin; at the beginning of everything, if the projection is about other hubs than these."""
        made_at = {hub.label: str(hub.made_at) for hub in hubs}
        known = await self._projection.made_at()
        positions = await self._projection.positions()
        self.progress.begin(positions)
        if made_at != known or self.progress.has_passed_an_end():
            if known:
                self._log.warning("event hub was recreated; reading it from the beginning", made_at=made_at)
            await self._projection.clear(made_at)
            self.progress.begin({})

    async def _read_past(self, made_at: Mapping[str, datetime]) -> None:
        """Take what Capture has kept, once. The hub is read after it, from the next event on."""
        past, self._past = self._past, None
        if past is None:
            return
        self._problem = "it is reading the files of Capture"
        batches = past.batches(made_at)
        while (batch := await asyncio.to_thread(next, batches, None)) is not None:
            await self.taking.take(*batch)
        self._log.info("files of capture read", events=past.read)
        if past.older:
            self._log.warning("captured events are older than the hub, and were left out", events=past.older)
        for place, missing in past.missing.items():
            self._log.warning("events are in no file of capture", partition=place, events=missing)

    async def _watch(self, hubs: list[_Hub]) -> None:
        """End the session when a hub does not answer or is another one, or sends nothing although it has events.

        The SDK reconnects without a word, so that a hub that is away would look like one without events.
        """
        before = self.progress.positions()
        for count in itertools.count(1):
            await asyncio.sleep(self._check_seconds)
            for hub in hubs:
                if (await _properties(hub.client))[0] != hub.made_at:
                    raise _EndedError
            if count % _CHECKS_OF_ENDS == 0:
                await asyncio.gather(*map(self._ask_ends, hubs))
                if self.progress.has_passed_an_end() or self.progress.is_stalled_since(before):
                    raise _EndedError
                before = self.progress.positions()

    def _note(self, problem: str) -> None:
        if not problem:
            self._pause = _SHORTEST_PAUSE
        if problem and problem != self._problem:
            self._log.warning("following interrupted", error=problem)
        self._problem = problem

    async def _take(self, place: Place, events: list[EventData]) -> None:
        await self.taking.take(
            place, [message_of(event, place.hub) for event in events if event.sequence_number is not None]
        )


async def _properties(client: EventHubConsumerClient) -> tuple[datetime, list[str]]:
    """When the hub was made, and its partitions."""
    with hub_outages():
        async with asyncio.timeout(stretched(_ASKING_SECONDS)):
            found = await client.get_eventhub_properties()
    return found["created_at"], list(found["partition_ids"])


async def _close(client: EventHubConsumerClient) -> None:
    """Close a client, which may take forever if its hub is away."""
    closing = asyncio.create_task(client.close())
    await asyncio.wait([closing], timeout=stretched(_CLOSING_SECONDS))
    closing.cancel()
