"""Who does what: items go to the streams of workers, and come back when a stream ends."""

import asyncio
from asyncio import AbstractEventLoop
from collections import OrderedDict, deque
from itertools import count

from quartet_emulators.durable_tasks.protocol import pb
from quartet_emulators.durable_tasks.work import Item, Kind, Lease, Stream

ABANDONED_SECONDS = 0.2
"""How long an item rests that a worker gave back: the same worker would get it immediately, without an end."""

_Place = tuple[Kind, int]
_Queue = tuple[Kind, str, str | None]


class WorkStream(Stream):
    """A stream that is open: what it has to send."""

    def __init__(self, request: pb.GetWorkItemsRequest) -> None:
        super().__init__(request)
        self._to_send: deque[Lease] = deque()
        self._wake = asyncio.Event()
        self.ended = False

    def send(self, lease: Lease) -> None:
        """Send this to the worker."""
        self._to_send.append(lease)
        self._wake.set()

    def end(self) -> None:
        """Send nothing more; the worker opens another stream."""
        self.ended = True
        self._wake.set()

    async def next(self, seconds: float) -> Lease | None:
        """The next to send; None if there is none in this time, or the stream is to end."""
        while not self._to_send and not self.ended:
            self._wake.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._wake.wait()
            except TimeoutError:
                return None
        return None if self.ended else self._to_send.popleft()


class Dispatcher:
    """The work of one task hub.

    An item waits in a queue, or one stream has it, or it rests; never two of these. It is in memory as a few words;
    what is sent is read from disk when it is sent.
    """

    def __init__(self, loop: AbstractEventLoop, epoch: str) -> None:
        self._loop = loop
        self._epoch = epoch
        self._tokens = count(1)
        self._queues: dict[_Queue, OrderedDict[_Place, tuple[int, Item]]] = {}
        self._arrivals = count(1)
        self._waiting: dict[_Place, Item] = {}
        self._resting: set[_Place] = set()
        self._leases: dict[str, Lease] = {}
        self._leased: dict[_Place, Lease] = {}
        self._streams: list[WorkStream] = []

    def open(self, request: pb.GetWorkItemsRequest) -> WorkStream:
        """A worker asks for work, and gets it."""
        stream = WorkStream(request)
        self._streams.append(stream)
        self._feed(stream)
        return stream

    def close(self, stream: WorkStream) -> None:
        """A worker has gone: what it had goes to others."""
        if stream in self._streams:
            self._streams.remove(stream)
        for lease in [lease for lease in self._leases.values() if lease.stream is stream and not lease.completed]:
            self._forget(lease)
            self._enqueue(lease.item, first=True)

    def offer(self, item: Item) -> None:
        """There is something to do. Nothing happens if that is known; a worker that has it is not disturbed."""
        if item.place not in self._leased and item.place not in self._waiting and item.place not in self._resting:
            self._enqueue(item)

    def has(self, kind: Kind, key: int) -> bool:
        """Whether a worker has it."""
        lease = self._leased.get((kind, key))
        return lease is not None and not lease.completed

    def withdraw(self, kind: Kind, key: int) -> None:
        """There is nothing left to do. What a worker that has it still says has no effect."""
        place = kind, key
        self._resting.discard(place)
        item = self._waiting.pop(place, None)
        if item is not None:
            self._shrink(_queue_of(item), place)
        lease = self._leased.get(place)
        if lease is not None:
            self._forget(lease)
            self._feed(lease.stream)

    def valid(self, token: str, kind: Kind) -> Lease | None:
        """What a token stands for, if it is still good for this kind."""
        lease = self._leases.get(token)
        return lease if lease is not None and lease.item.kind is kind and not lease.completed else None

    def finish(self, lease: Lease) -> None:
        """It is done; the stream has room for another one."""
        if self._leases.get(lease.token) is lease:
            self._forget(lease)
            self._feed(lease.stream)

    def give_back(self, token: str) -> None:
        """A worker does not do it. After a rest, it goes to any worker."""
        lease = self._leases.get(token)
        if lease is None or lease.completed:
            return
        self._forget(lease)
        self._resting.add(lease.item.place)
        self._loop.call_later(ABANDONED_SECONDS, self._wake_up, lease.item)
        self._feed(lease.stream)

    def is_current(self, lease: Lease) -> bool:
        """Whether a stream has this still."""
        return lease.token in self._leases

    def end_streams(self) -> None:
        """Close all streams; their workers open others."""
        for stream in self._streams:
            stream.end()

    def _wake_up(self, item: Item) -> None:
        if item.place in self._resting:
            self._resting.remove(item.place)
            self._enqueue(item)

    def _enqueue(self, item: Item, *, first: bool = False) -> None:
        stream = self._free_stream(item)
        if stream is not None:
            self._lease(item, stream)
            return
        queue = self._queues.setdefault(_queue_of(item), OrderedDict())
        self._waiting[item.place] = item
        queue[item.place] = (0 if first else next(self._arrivals), item)
        if first:
            queue.move_to_end(item.place, last=False)

    def _free_stream(self, item: Item) -> WorkStream | None:
        """The least busy stream that takes it."""
        kind = item.kind
        able = [
            stream
            for stream in self._streams
            if not stream.ended and stream.has_room(kind) and stream.accepts(kind, item.name, item.version)
        ]
        return min(able, key=lambda stream: stream.load[kind], default=None)

    def _feed(self, stream: Stream) -> None:
        """Give a stream what waits and what it takes, the oldest first."""
        if not isinstance(stream, WorkStream) or stream.ended or stream not in self._streams:
            return
        for kind in Kind:
            while stream.has_room(kind):
                heads = [
                    (next(iter(queue.values()))[0], name)
                    for name, queue in self._queues.items()
                    if name[0] is kind and stream.accepts(*name)
                ]
                if not heads:
                    break
                name = min(heads, key=lambda head: head[0])[1]
                place, (_, item) = next(iter(self._queues[name].items()))
                del self._waiting[place]
                self._shrink(name, place)
                self._lease(item, stream)

    def _shrink(self, name: _Queue, place: _Place) -> None:
        """Take an item out of its queue. A queue without items is forgotten, and its name with it."""
        queue = self._queues[name]
        del queue[place]
        if not queue:
            del self._queues[name]

    def _lease(self, item: Item, stream: WorkStream) -> None:
        lease = Lease(f"{self._epoch}-{next(self._tokens)}", item, stream)
        self._leases[lease.token] = self._leased[item.place] = lease
        stream.load[item.kind] += 1
        stream.send(lease)

    def _forget(self, lease: Lease) -> None:
        del self._leases[lease.token], self._leased[lease.item.place]
        lease.stream.load[lease.item.kind] -= 1


def _queue_of(item: Item) -> _Queue:
    return item.kind, item.name, item.version
