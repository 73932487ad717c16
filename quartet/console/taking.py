"""Messages into the projection, batch by batch, wherever they were read."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

from structlog.typing import FilteringBoundLogger

from quartet.console.flow import Flow
from quartet.console.interpreting import Interpreter
from quartet.console.progress import Progress
from quartet.console.projection.facts import Batch, Fact, Place, Position
from quartet.console.projection.port import Projection
from quartet.console.projection.query import now_ms
from quartet.engine.errors import OutageError
from quartet.engine.ports import Message

_SHORTEST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 5.0
_SLICE: Final = 100
"""After how many messages of a batch other work of the process has its turn."""

News = Callable[[Iterable[str]], None]
Heard = Callable[[Place, int, Sequence[Message]], None]


class Taking:
    """Puts batches into the projection.

    Attributes:
        news: gets the sagas of each batch that was kept.
        heard: gets the messages of each batch before it is kept, with its place and the number of the message before
            it, -1 if none was read. After an interruption it may get them again.
        flow: the events of the last seconds.
        progress: how far each partition is read.
    """

    def __init__(
        self,
        projection: Projection,
        interpreter: Interpreter,
        *,
        log: FilteringBoundLogger,
        note: Callable[[str], None],
    ) -> None:
        """`note` gets what hinders this."""
        self._projection = projection
        self._interpreter = interpreter
        self._log = log
        self._note = note
        self.news: News = lambda _: None
        self.heard: Heard = lambda *_: None
        self.flow = Flow()
        self.progress = Progress()

    async def take(self, place: Place, messages: Sequence[Message]) -> None:
        """Take what was read from a partition, in its order; wait for as long as the projection does not answer."""
        before = self.progress.positions().get(place, Position(-1, 0))
        new = _after(before.sequence_number, messages)
        if not new:
            return
        batch = await self._batch(place, before, new)
        # First: what is read again does no harm there, and what were left out would be missed.
        self.heard(place, before.sequence_number, new)
        await self._keep(batch)
        self.progress.read(place, batch.position)
        self.flow.add(batch.facts, now_ms())
        self.news(dict.fromkeys(fact.saga for fact in batch.facts))

    async def _keep(self, batch: Batch) -> None:
        pause = _SHORTEST_PAUSE
        while True:
            try:
                await self._projection.take(batch)
            except OutageError as error:
                self._note(f"the projection does not answer: {error}")
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                return

    async def _batch(self, place: Place, before: Position, messages: Sequence[Message]) -> Batch:
        position, facts, strays = before, list[Fact](), 0
        for count, message in enumerate(messages):
            position = Position(message.sequence_number, _at(message.enqueued_at, position.at))
            fact = self._fact(message, place, position.at)
            if fact is None:
                strays += 1
            else:
                facts.append(fact)
            if count % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)
        return Batch(place, position, facts, strays)

    def _fact(self, message: Message, place: Place, at: int) -> Fact | None:
        try:
            return self._interpreter.fact(message, place.partition, at)
        except Exception:  # noqa: BLE001 -- it is logged, with its traceback: an event may hold anything, and those after it are to be read
            self._log.exception("event skipped", partition=place, sequence_number=message.sequence_number)
            return None


def _after(number: int, messages: Sequence[Message]) -> list[Message]:
    """Those that were not taken yet. After a reconnect the SDK may deliver again what it has delivered before."""
    new = list[Message]()
    for message in messages:
        if message.sequence_number > number:
            number = message.sequence_number
            new.append(message)
    return new


def _at(enqueued: datetime | None, before: int) -> int:
    return before if enqueued is None else round(enqueued.timestamp() * 1000)
