"""An event hub in memory: what the server keeps."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from quartet.engine.declaration.hubs import place_of
from quartet.testing.cluster.plan.publication import Publication


@dataclass(frozen=True, slots=True)
class Stored:
    """An event in the hub, with the names by which the runtime reads an `EventData` of the SDK.

    Attributes:
        hub: the label of the hub; see `Message.hub`.
        origin: what was published; None for what a service has said. Observers read it, services do not.
    """

    partition: str
    sequence_number: int
    body: bytes
    content_type: str | None
    properties: Mapping[str, object]
    origin: Publication | None = None
    hub: str = ""

    @property
    def place(self) -> str:
        """The partition, with its hub if that is not the main one."""
        return place_of(self.hub, self.partition)

    @property
    def offset(self) -> str:
        """Opaque for those who receive it."""
        return str(self.sequence_number * 64)


@dataclass(slots=True)
class Outgoing:
    """An event on its way to the hub."""

    body: bytes
    content_type: str | None = None
    properties: Mapping[str, object] = field(default_factory=dict)
    origin: Publication | None = None


class Hub:
    """Partitions with a total order each. A receiver that has come to the end waits there."""

    def __init__(self, name: str, partitions: int, appended: Callable[[Stored], None], label: str = "") -> None:
        self.name = name
        self.label = label
        self.partitions: dict[str, list[Stored]] = {str(number): [] for number in range(partitions)}
        self._appended = appended
        self.created_at = "2026-06-30 09:00:00"
        self._waiting: dict[str, list[asyncio.Future[None]]] = {one: [] for one in self.partitions}

    def append(self, partition: str, events: Sequence[Outgoing]) -> None:
        """Store a batch, all or nothing."""
        log = self.partitions[partition]
        for event in events:
            stored = Stored(
                partition, len(log), event.body, event.content_type, event.properties, event.origin, self.label
            )
            log.append(stored)
            self._appended(stored)
        waiting, self._waiting[partition] = self._waiting[partition], []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def place(self, partition: str) -> str:
        """See `Stored.place`."""
        return place_of(self.label, partition)

    @property
    def logs(self) -> dict[str, list[Stored]]:
        """What each partition holds, by its place."""
        return {self.place(partition): log for partition, log in self.partitions.items()}

    def recreate(self, created_at: str) -> None:
        """Drop all events: there is another hub of this name. Receivers are not notified."""
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
