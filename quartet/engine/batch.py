"""A received batch on its way through the engine, and what of it is not finished yet."""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from quartet.engine.ports import DeadLetter, Message
from quartet.engine.received import Delivered, ReceivedBatch, RequestDelivery
from quartet.engine.saga_update import Step


@dataclass(frozen=True, slots=True)
class Standing:
    """An event that makes no progress.

    Attributes:
        sequence_number: its place in the partition.
        what: the type of the event, if it is known which one it is.
        saga: the id of its saga, likewise.
        seconds: for how long it has been handled.
        why: what it waits for.
    """

    partition: str
    sequence_number: int
    what: str | None
    saga: str | None
    seconds: int
    why: str


@dataclass(slots=True, eq=False)
class Batch:
    """One received batch.

    Its sagas do not wait for each other. Those that are quick are finished together; then `quick` is set, and the
    partition may continue. Each of those that wait for a slow port is finished on its own.

    Attributes:
        became: the outcome of each event so far.
        quick: set when everything is finished or slow.
        task: the work on it.
        conflicts: how often each saga has lost to another writer.
        requests: those to redrive dead letters that are not answered.
    """

    partition: str
    messages: Sequence[Message]
    received: ReceivedBatch
    began: datetime
    became: list[Step | DeadLetter] = field(default_factory=list)
    quick: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None] | None" = None
    conflicts: Counter[str] = field(default_factory=Counter)
    requests: list[RequestDelivery] = field(default_factory=list)
    _unfinished: dict[str, Sequence[Delivered]] = field(default_factory=dict)
    _is_slow: bool = False
    _is_finished: bool = False

    def __post_init__(self) -> None:
        """Nothing is finished."""
        self._unfinished = dict(self.received.sagas)
        self.requests = list(self.received.requests)

    @property
    def open_sagas(self) -> Mapping[str, Sequence[Delivered]]:
        """The sagas that are not finished, with their events in this batch."""
        return self._unfinished

    @property
    def first_unfinished(self) -> int | None:
        """The sequence number of the first event that is not finished; None if all are.

        The checkpoint of the partition must stay before it.
        """
        if self._is_finished:
            return None
        if not self._is_slow:
            return self.messages[0].sequence_number
        firsts = [*(items[0] for items in self._unfinished.values()), *self.requests]
        return min(one.message.sequence_number for one in firsts)

    @property
    def oldest_unfinished(self) -> Message | None:
        """The message of the first event that is not finished; None if all are. May be called from any thread."""
        if self._is_finished:
            return None
        if not self._is_slow:
            return self.messages[0]
        firsts = [*(items[0] for items in list(self._unfinished.values())), *list(self.requests)]
        return min((one.message for one in firsts), key=lambda one: one.sequence_number, default=None)

    def finished(self, saga_ids: Collection[str]) -> None:
        """Note that nothing is left to do for these sagas."""
        for saga_id in saga_ids:
            self._unfinished.pop(saga_id, None)

    def go_slow(self) -> None:
        """Note that all but the unfinished sagas is finished, and that the partition may continue meanwhile."""
        self._is_slow = True
        self.quick.set()

    def close(self) -> None:
        """Note that everything is finished."""
        self._is_finished = True
        self._unfinished = {}
        self.quick.set()

    async def finish(self) -> None:
        """Wait for the work to end. Cancelling ends the work."""
        if self.task is not None:
            await self.task

    def standing(self, now: datetime, why: str) -> Standing:
        """The event at which it is stalled, if it is."""
        items = min(self._unfinished.values(), key=lambda some: some[0].message.sequence_number, default=None)
        first = items[0] if items else None
        return Standing(
            partition=self.partition,
            sequence_number=first.message.sequence_number if first else self.messages[0].sequence_number,
            what=first.type if first else None,
            saga=first.saga_id if first else None,
            seconds=round((now - self.began).total_seconds()),
            why=why,
        )
