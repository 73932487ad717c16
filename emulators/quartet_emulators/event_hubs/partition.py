"""A partition in memory: where it ends, its newest events, and what a transaction adds to it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from quartet_emulators.event_hubs.messages import Incoming

TAIL_BYTES = 4 * 1024 * 1024
"""How much of its newest events a partition keeps in memory."""

Row = tuple[int, int, int, bytes]
"""An event in the database: its row id, offset, enqueued time and message."""

_SEQUENCE_BITS = 40


def row_id(number: int, sequence: int) -> int:
    """The id of an event's row: the partition's number, then the sequence number."""
    return (number << _SEQUENCE_BITS) + sequence


@dataclass(frozen=True, slots=True)
class Position:
    """Where an event is: its sequence number, its offset in bytes, and when it came in ms since 1970."""

    sequence_number: int
    offset: int
    enqueued_at: int


@dataclass(slots=True, eq=False)
class Partition:
    """One partition's end, its newest events, and the receivers that wait for more."""

    hub: str
    index: int
    number: int
    next_sequence: int = 0
    next_offset: int = 0
    last: Position | None = None
    tail: list[bytes] = field(default_factory=list)
    tail_bytes: int = 0
    readers: set[Callable[[], None]] = field(default_factory=set)

    def extend_tail(self, messages: list[bytes]) -> None:
        """Keep new messages in memory, and drop old ones beyond the limit."""
        self.tail += messages
        self.tail_bytes += sum(map(len, messages))
        if self.tail_bytes > TAIL_BYTES:
            keep = len(self.tail)
            size = 0
            while keep and size + len(self.tail[keep - 1]) <= TAIL_BYTES // 2:
                keep -= 1
                size += len(self.tail[keep])
            del self.tail[:keep]
            self.tail_bytes = size


class Growth:
    """What a transaction adds to one partition."""

    def __init__(self, partition: Partition, now: int) -> None:
        self._partition = partition
        self._sequence = partition.next_sequence
        self._offset = partition.next_offset
        self._last = partition.last
        self._messages: list[bytes] = []
        # The enqueued time never goes back, even if the clock does: consumers may start from a time.
        self._enqueued_at = max(now, partition.last.enqueued_at) if partition.last else now

    def add(self, events: list[Incoming], rows: list[Row]) -> None:
        """Number the events, and add their rows."""
        base, enqueued_at = row_id(self._partition.number, 0), self._enqueued_at
        sequence, offset, messages = self._sequence, self._offset, self._messages
        last_offset = offset
        for event in events:
            message = event.stamped(sequence, offset, enqueued_at)
            rows.append((base + sequence, offset, enqueued_at, message))
            messages.append(message)
            last_offset = offset
            offset += len(message)
            sequence += 1
        if events:
            self._last = Position(sequence - 1, last_offset, enqueued_at)
        self._sequence, self._offset = sequence, offset

    def apply(self) -> None:
        """Move the partition on: the rows are in the database."""
        partition = self._partition
        partition.next_sequence, partition.next_offset, partition.last = (
            self._sequence,
            self._offset,
            self._last,
        )
        partition.extend_tail(self._messages)
