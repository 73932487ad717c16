"""Following the hubs: every event goes into the projection, in batches, from where the projection is.

There are no checkpoints and no owners. The position of each partition is in the projection, in the transaction of its
batch. Whatever goes wrong with a hub ends the session: the next one looks again at what is there.
"""

import asyncio
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from azure.eventhub import EventData
from azure.eventhub.aio import EventHubConsumerClient
from structlog.typing import FilteringBoundLogger

from quartet.azure.event_hubs.client import hub_outages, message_of
from quartet.console.flow import Flow
from quartet.console.interpreting import Interpreter
from quartet.console.overviews import Standing
from quartet.console.partition_reader import PartitionReader
from quartet.console.progress import Progress
from quartet.console.projection.facts import Batch, Fact, Place, Position
from quartet.console.projection.port import Projection
from quartet.console.projection.query import now_ms
from quartet.engine.errors import OutageError
from quartet.engine.failures.timeouts import stretched
from quartet.engine.ports import Message

_ASKING_SECONDS: Final = 15
_CHECK_SECONDS: Final = 5
_CHECKS_OF_ENDS: Final = 6
"""With each check of this number, the ends of all partitions are asked for, too."""
_CLOSING_SECONDS: Final = 5
_SHORTEST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 5.0
_SLICE: Final = 100
"""After how many events of a batch other work of the process has its turn."""

Connect = Callable[[], EventHubConsumerClient]
News = Callable[[Iterable[str]], None]
Heard = Callable[[Place, int, Sequence[Message]], None]


class _EndedError(Exception):
    """The session has to end, for the reason that was noted."""


@dataclass(frozen=True, slots=True)
class _Hub:
    """A hub, as it is at the beginning of a session."""

    label: str
    client: EventHubConsumerClient
    made_at: str
    partitions: list[str]


class Follower:
    """Reads all hubs of an application.

    Attributes:
        news: gets the sagas of each batch that was kept.
        heard: gets the messages of each batch before it is kept, with its place and the number of the message before
            it, -1 if none was read. After an interruption it may get them again.
        flow: the events of the last seconds.
        progress: how far each partition is read.
    """

    def __init__(
        self,
        connects: Mapping[str, Connect],
        projection: Projection,
        interpreter: Interpreter,
        *,
        log: FilteringBoundLogger,
        check_seconds: float = _CHECK_SECONDS,
    ) -> None:
        """`connects`: what makes a client of each hub, by its label."""
        self._connects = connects
        self._projection = projection
        self._interpreter = interpreter
        self._log = log
        self._check_seconds = check_seconds
        self._problem = "it has not begun to read yet"
        self._pause = _SHORTEST_PAUSE
        self.news: News = lambda _: None
        self.heard: Heard = lambda *_: None
        self.flow = Flow()
        self.progress = Progress()

    def standing(self, now: int) -> Standing:
        """See `Following.standing`."""
        events, seconds = self.progress.behind(now)
        return Standing(not self._problem, events, seconds, self._problem)

    async def run(self) -> None:
        """Follow until this is cancelled."""
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
        made_at = {hub.label: hub.made_at for hub in hubs}
        known = await self._projection.made_at()
        positions = await self._projection.positions()
        self.progress.begin(positions)
        if made_at != known or self.progress.has_passed_an_end():
            if known:
                self._log.warning("event hub was recreated; reading it from the beginning", made_at=made_at)
            await self._projection.clear(made_at)
            self.progress.begin({})
        for place, missed in self.progress.missed().items():
            self._log.warning("events have expired before they were read", partition=place, events=missed)

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
        """Put what was received into the projection; wait for as long as that does not answer."""
        before = self.progress.positions().get(place, Position(-1, 0)).sequence_number
        batch = await self._batch(place, events)
        if batch is None:
            return
        # First: what is read again does no harm there, and what were left out would be missed.
        new = [event for event in events if event.sequence_number is not None and event.sequence_number > before]
        self.heard(place, before, [message_of(event, place.hub) for event in new])
        while True:
            try:
                await self._projection.take(batch)
                break
            except OutageError as error:
                self._note(f"the projection does not answer: {error}")
                await asyncio.sleep(self._pause)
                self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        self.progress.read(place, batch.position)
        self.flow.add(batch.facts, now_ms())
        self.news(dict.fromkeys(fact.saga for fact in batch.facts))

    async def _batch(self, place: Place, events: list[EventData]) -> Batch | None:
        before = self.progress.positions().get(place, Position(-1, 0))
        position, facts, strays = before, list[Fact](), 0
        for count, event in enumerate(events):
            number = event.sequence_number
            if number is None or number <= position.sequence_number:
                continue  # after a reconnect the SDK may deliver again what it has delivered before
            position = Position(number, _at(event.enqueued_time, position.at))
            fact = self._fact(event, place, position.at)
            if fact is None:
                strays += 1
            else:
                facts.append(fact)
            if count % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)
        return None if position == before else Batch(place, position, facts, strays)

    def _fact(self, event: EventData, place: Place, at: int) -> Fact | None:
        try:
            return self._interpreter.fact(message_of(event, place.hub), place.partition, at)
        except Exception:  # noqa: BLE001 -- it is logged, with its traceback: an event may hold anything, and those after it are to be read
            self._log.exception("event skipped", partition=place, sequence_number=event.sequence_number)
            return None


async def _properties(client: EventHubConsumerClient) -> tuple[str, list[str]]:
    """When the hub was made, and its partitions."""
    with hub_outages():
        async with asyncio.timeout(stretched(_ASKING_SECONDS)):
            found = await client.get_eventhub_properties()
    return str(found["created_at"]), list(found["partition_ids"])


async def _close(client: EventHubConsumerClient) -> None:
    """Close a client, which may take forever if its hub is away."""
    closing = asyncio.create_task(client.close())
    await asyncio.wait([closing], timeout=stretched(_CLOSING_SECONDS))
    closing.cancel()


def _at(enqueued: datetime | None, before: int) -> int:
    return before if enqueued is None else round(enqueued.timestamp() * 1000)
