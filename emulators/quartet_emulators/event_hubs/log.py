"""The partition logs, in SQLite.

An event is stored as the bytes that consumers get, so reading is copying. Appends of one turn of the event
loop share one transaction (group commit), and a send is acknowledged only behind it: what was acknowledged
has been handed to the operating system and survives ``kill -9``. It need not survive a power failure
(``synchronous=OFF``).

Events are kept forever: there is no retention, so a partition always begins at sequence number 0. The data
directory is deleted as a whole when it is no longer needed.
"""

import logging
import sqlite3
import time
from asyncio import AbstractEventLoop, Handle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from quartet_emulators.disk import DISK_FULL, is_full, transaction
from quartet_emulators.event_hubs.errors import INTERNAL_ERROR, RESOURCE_LIMIT_EXCEEDED, AmqpError
from quartet_emulators.event_hubs.messages import Incoming
from quartet_emulators.event_hubs.partition import Growth, Partition, Position, Row, row_id

READ_BYTES = 1024 * 1024
"""A read from the database ends after this many bytes."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS partitions (
    number INTEGER PRIMARY KEY,
    hub TEXT NOT NULL,
    partition_index INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (hub, partition_index)
);
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY,          -- the partition's number, then 40 bits of sequence number
    stream_offset INTEGER NOT NULL,
    enqueued_at INTEGER NOT NULL,
    message BLOB NOT NULL
);
"""

_LOGGER = logging.getLogger(__name__)

Outcome = Callable[[AmqpError | None], None]
"""Called once with nothing when the events are stored, or with the error that kept them from it."""


@dataclass(slots=True)
class _Append:
    partition: Partition
    events: list[Incoming]
    outcome: Outcome


class EventLog:
    """All partitions of a namespace in one database file.

    Args:
        path: the database file; it is created if it is missing.
        loop: the event loop whose turns are the transactions.
        now: milliseconds since 1970.

    Attributes:
        database: the open database, which only this log uses while the emulator runs.

    Raises:
        sqlite3.Error: the file is not a database or cannot be opened.
    """

    def __init__(self, path: Path, loop: AbstractEventLoop, now: Callable[[], int] | None = None) -> None:
        self._loop = loop
        self._now = now or (lambda: time.time_ns() // 1_000_000)
        self._pending: list[_Append] = []
        self._scheduled: Handle | None = None
        self.database = sqlite3.connect(path, timeout=0, isolation_level=None)
        try:
            self.database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self.database.execute("PRAGMA journal_mode = WAL")
            self.database.execute("PRAGMA synchronous = OFF")
            self.database.executescript(_SCHEMA)
        except sqlite3.Error:
            self.database.close()
            raise

    def partition_count(self, hub: str) -> int:
        """How many partitions the hub has in this file so far."""
        row = self.database.execute("SELECT count(*) FROM partitions WHERE hub = ?", (hub,)).fetchone()
        return int(row[0])

    def created_at(self, hub: str) -> int:
        """When the hub's first partition was made, in milliseconds since 1970."""
        row = self.database.execute("SELECT min(created_at) FROM partitions WHERE hub = ?", (hub,)).fetchone()
        return int(row[0])

    def open_partition(self, hub: str, index: int) -> Partition:
        """Open a partition at its end, making it if it is new."""
        self.database.execute(
            "INSERT OR IGNORE INTO partitions (hub, partition_index, created_at) VALUES (?, ?, ?)",
            (hub, index, self._now()),
        )
        (number,) = self.database.execute(
            "SELECT number FROM partitions WHERE hub = ? AND partition_index = ?", (hub, index)
        ).fetchone()
        partition = Partition(hub, index, number)
        row = self.database.execute(
            "SELECT id, stream_offset, enqueued_at, length(message) FROM events"
            " WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1",
            _id_range(number),
        ).fetchone()
        if row:
            sequence = row[0] - row_id(number, 0)
            partition.last = Position(sequence, row[1], row[2])
            partition.next_sequence, partition.next_offset = sequence + 1, row[1] + row[3]
        return partition

    def append(self, partition: Partition, events: list[Incoming], outcome: Outcome) -> None:
        """Append events at the end of this turn of the loop, all of them or none."""
        self._pending.append(_Append(partition, events, outcome))
        if self._scheduled is None:
            self._scheduled = self._loop.call_soon(self._commit)

    def _commit(self) -> None:
        appends, self._pending, self._scheduled = self._pending, [], None
        try:
            touched = self._store(appends)
        except (sqlite3.Error, OverflowError) as error:
            _LOGGER.error("events were not stored: %s", error)  # noqa: TRY400 - one line; the sender gets the error
            failure = _failure(error)
            for append in appends:
                append.outcome(failure)
            return
        for append in appends:
            append.outcome(None)
        for partition in touched:
            for wake in list(partition.readers):
                wake()

    def _store(self, appends: list[_Append]) -> list[Partition]:
        """Number and write the events; the partitions move on only when the transaction has ended well."""
        now = self._now()
        growths: dict[Partition, Growth] = {}
        rows: list[Row] = []
        for append in appends:
            growth = growths.get(append.partition)
            if growth is None:
                growth = growths[append.partition] = Growth(append.partition, now)
            growth.add(append.events, rows)
        with transaction(self.database):
            self.database.executemany("INSERT INTO events VALUES (?, ?, ?, ?)", rows)
        for growth in growths.values():
            growth.apply()
        return list(growths)

    def read(self, partition: Partition, sequence: int, limit: int) -> list[bytes]:
        """Up to ``limit`` messages from a sequence number on; fewer if they are large, none at the end."""
        first = partition.next_sequence - len(partition.tail)
        if sequence >= first:
            return partition.tail[sequence - first : sequence - first + limit]
        start, end = row_id(partition.number, sequence), _id_range(partition.number)[1]
        rows = self.database.execute(
            "SELECT message FROM events WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?", (start, end, limit)
        )
        return list(_until_full(row[0] for row in rows))

    def find(self, partition: Partition, reached: Callable[[Position], bool]) -> int:
        """The first sequence number whose position fulfils ``reached``; the next one if none does.

        ``reached`` must stay true once it is true, as positions grow.
        """
        low, high = 0, partition.next_sequence
        while low < high:
            middle = (low + high) // 2
            if reached(self._position(partition, middle)):
                high = middle
            else:
                low = middle + 1
        return low

    def _position(self, partition: Partition, sequence: int) -> Position:
        offset, enqueued_at = self.database.execute(
            "SELECT stream_offset, enqueued_at FROM events WHERE id = ?",
            (row_id(partition.number, sequence),),
        ).fetchone()
        return Position(sequence, offset, enqueued_at)

    @contextmanager
    def cleared(self) -> Iterator[None]:
        """Forget all events and partitions; those that are opened in the block are the new ones. Both or nothing.

        Raises:
            sqlite3.Error: nothing was forgotten, and the old partitions are still valid.
        """
        if self._scheduled is not None:
            self._scheduled.cancel()
            self._commit()
        with transaction(self.database):
            self.database.execute("DELETE FROM events")
            self.database.execute("DELETE FROM partitions")
            yield

    def close(self) -> None:
        """Write what waits to be written, and close the file."""
        if self._scheduled is not None:
            self._scheduled.cancel()
            self._commit()
        self.database.close()


def _failure(error: Exception) -> AmqpError:
    """The error for a sender; that there is no room is the condition of a quota, which no client repeats."""
    if is_full(error):
        return AmqpError(RESOURCE_LIMIT_EXCEEDED, DISK_FULL)
    return AmqpError(INTERNAL_ERROR, f"the events were not stored: {error}")


def _id_range(number: int) -> tuple[int, int]:
    return row_id(number, 0), row_id(number + 1, 0) - 1


def _until_full(messages: Iterator[bytes]) -> Iterator[bytes]:
    size = 0
    for message in messages:
        yield message
        size += len(message)
        if size > READ_BYTES:
            return
