"""Event Hubs and the checkpoint store in memory: what the servers keep."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from tests.simulation.publication import Publication


@dataclass(frozen=True, slots=True)
class Stored:
    """An event in the hub, with the names by which the runtime reads an `EventData`.

    Attributes:
        origin: what was published; None for what a service has said. It is for the watcher, not for services.
    """

    partition: str
    sequence_number: int
    body: bytes
    content_type: str | None
    properties: Mapping[str, object]
    origin: Publication | None = None

    @property
    def offset(self) -> str:
        """Opaque for whoever receives it."""
        return str(self.sequence_number * 64)


@dataclass(slots=True)
class Outgoing:
    """An event on its way to the hub."""

    body: bytes
    content_type: str | None = None
    properties: Mapping[str, object] = field(default_factory=dict)
    origin: Publication | None = None


class Hub:
    """Partitions with a total order each. Whoever has come to the end waits there."""

    def __init__(self, partitions: int, appended: Callable[[Stored], None]) -> None:
        self.partitions: dict[str, list[Stored]] = {str(number): [] for number in range(partitions)}
        self._appended = appended
        self.created_at = "2026-06-30 09:00:00"
        self._waiting: dict[str, list[asyncio.Future[None]]] = {name: [] for name in self.partitions}

    def append(self, partition: str, events: Sequence[Outgoing]) -> None:
        """Store a batch, all or nothing."""
        log = self.partitions[partition]
        for event in events:
            stored = Stored(partition, len(log), event.body, event.content_type, event.properties, event.origin)
            log.append(stored)
            self._appended(stored)
        waiting, self._waiting[partition] = self._waiting[partition], []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def recreate(self, created_at: str) -> None:
        """All events are gone, and there is another hub of this name. Whoever receives is not told."""
        self.created_at = created_at
        for log in self.partitions.values():
            log.clear()

    def partition_of(self, key: str) -> str:
        """Where the hub puts an event with this partition key."""
        return str(blake2b(key.encode()).digest()[0] % len(self.partitions))

    async def beyond(self, partition: str, position: int) -> None:
        """Wait until there is an event at this position."""
        while len(self.partitions[partition]) <= position:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting[partition].append(future)
            await future


@dataclass(slots=True)
class Ownership:
    """Who has a partition, since when it was last confirmed, and the version of that entry."""

    owner: str
    renewed: float
    etag: int


@dataclass(slots=True)
class Blobs:
    """The checkpoint store: ownership with ETags, checkpoints without."""

    clock: Callable[[], float]
    checkpointed: Callable[[str, str, int], None]
    ownerships: dict[tuple[str, str], Ownership] = field(default_factory=dict)
    checkpoints: dict[tuple[str, str], int] = field(default_factory=dict)
    etags: int = 0

    def claim(self, group: str, partition: str, owner: str, etag: int | None) -> int | None:
        """Take or confirm a partition; None if somebody else was quicker."""
        known = self.ownerships.get((group, partition))
        if (known.etag if known else None) != etag:
            return None
        self.etags += 1
        self.ownerships[group, partition] = Ownership(owner, self.clock(), self.etags)
        return self.etags

    def listed(self, group: str) -> dict[str, Ownership]:
        """The ownerships of a group by partition."""
        return {
            partition: Ownership(entry.owner, entry.renewed, entry.etag)
            for (of_group, partition), entry in self.ownerships.items()
            if of_group == group
        }

    def checkpoint(self, group: str, partition: str, sequence_number: int) -> None:
        """Unconditional: a late writer moves it back."""
        self.checkpointed(group, partition, sequence_number)
        self.checkpoints[group, partition] = sequence_number

    def move_back(self, group: str, events: int) -> None:
        """Somebody who is late writes old checkpoints for all partitions of a group."""
        for key, at in self.checkpoints.items():
            if key[0] == group:
                self.checkpoints[key] = max(-1, at - events)

    def hand_over(self, group: str, owner: str) -> None:
        """Somebody takes all partitions of a group; the owners notice when they look the next time."""
        for (of_group, partition), entry in list(self.ownerships.items()):
            if of_group == group:
                self.claim(group, partition, owner, entry.etag)
