"""The disk: one SQLite file, written through before any answer leaves.

The write-ahead log is handed to the operating system at every commit and not forced to the platter: an acknowledged
write survives ``kill -9`` of the process, not the loss of power, which is enough for an emulator and ten times faster.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, NamedTuple

from quartet_emulators.disk import transaction

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS databases (rid BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS containers (
    key INTEGER PRIMARY KEY AUTOINCREMENT, rid BLOB NOT NULL, database BLOB NOT NULL, body BLOB NOT NULL,
    lsn INTEGER NOT NULL DEFAULT 0, number INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS offers (rid TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS items (
    place INTEGER PRIMARY KEY, partition TEXT NOT NULL, id TEXT NOT NULL, lsn INTEGER NOT NULL, ts INTEGER NOT NULL,
    ttl INTEGER, etag TEXT NOT NULL, body BLOB NOT NULL);
"""
_NUMBER_BITS: Final = 44
_WRITE: Final = "INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


class StorageError(Exception):
    """The data directory cannot be used; the message is one line for the person who named it."""


class ItemRow(NamedTuple):
    """An item as it lies on disk, at its :func:`place`."""

    place: int
    partition: str
    id: str
    lsn: int
    ts: int
    ttl: int | None
    etag: str
    body: bytes


class ContainerRow(NamedTuple):
    """A container as it lies on disk, with its high-water marks: they must not fall when the newest item is deleted."""

    key: int
    rid: bytes
    database: bytes
    body: bytes
    lsn: int
    number: int


def place(container: int, number: int) -> int:
    """Where an item lies: container and number in one integer, which SQLite finds and appends twice as fast as two.

    The number identifies the item in its container for all its life, and counts the items in order of creation.
    """
    return container << _NUMBER_BITS | number


def number_at(place: int) -> int:
    """The number of the item at this place."""
    return place & (1 << _NUMBER_BITS) - 1


class Storage:
    """The open file. Only one process can have it open."""

    def __init__(self, data_dir: Path) -> None:
        """Open or create ``cosmos.db`` in the directory.

        Raises:
            StorageError: If the directory or the file cannot be used, or another process uses it.
        """
        self.path = path = data_dir / "cosmos.db"
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, timeout=0)
        except (OSError, sqlite3.Error) as error:
            msg = f"cannot use the data directory {data_dir}: {error}"
            raise StorageError(msg) from error
        try:
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=OFF")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error as error:
            self._db.close()
            reason = "another process uses it" if "locked" in str(error) else error
            msg = f"cannot use {path}: {reason}"
            raise StorageError(msg) from error

    def close(self) -> None:
        """Close the file; every acknowledged write is in it already."""
        self._db.close()

    def databases(self) -> list[tuple[bytes, bytes]]:
        """All databases: resource id and body."""
        return self._db.execute("SELECT rid, body FROM databases").fetchall()

    def save_database(self, rid: bytes, body: bytes) -> None:
        """Write a new database."""
        self._db.execute("INSERT INTO databases VALUES (?, ?)", (rid, body))

    def containers(self) -> Iterator[ContainerRow]:
        """All containers of all databases, oldest first."""
        query = "SELECT key, rid, database, body, lsn, number FROM containers ORDER BY key"
        return map(ContainerRow._make, self._db.execute(query))

    def add_container(self, rid: bytes, database: bytes, body: bytes) -> int:
        """Write a new container and return its key."""
        cursor = self._db.execute(
            "INSERT INTO containers (rid, database, body) VALUES (?, ?, ?)", (rid, database, body)
        )
        key = cursor.lastrowid
        assert key is not None  # noqa: S101 - an INSERT always sets it
        return key

    def replace_container(self, key: int, body: bytes) -> None:
        """Write a container's new properties."""
        self._db.execute("UPDATE containers SET body = ? WHERE key = ?", (body, key))

    def delete(self, *, databases: Iterable[bytes] = (), containers: Iterable[int], offers: Iterable[str]) -> None:
        """Delete resources with all that they hold, in one transaction."""
        keys = [(key,) for key in containers]
        with self.transaction():
            self._db.executemany("DELETE FROM databases WHERE rid = ?", [(rid,) for rid in databases])
            self._db.executemany("DELETE FROM containers WHERE key = ?", keys)
            self._db.executemany("DELETE FROM items WHERE place BETWEEN ? AND ?", [_places(key) for (key,) in keys])
            self._db.executemany("DELETE FROM offers WHERE rid = ?", [(rid,) for rid in offers])

    def offers(self) -> list[tuple[str, bytes]]:
        """All offers: resource id and body."""
        return self._db.execute("SELECT rid, body FROM offers").fetchall()

    def save_offer(self, rid: str, body: bytes) -> None:
        """Write an offer, new or changed."""
        self._db.execute("INSERT OR REPLACE INTO offers VALUES (?, ?)", (rid, body))

    def items(self, container: int) -> Iterator[ItemRow]:
        """A container's items in the order of their creation."""
        query = "SELECT * FROM items WHERE place BETWEEN ? AND ? ORDER BY place"
        return map(ItemRow._make, self._db.execute(query, _places(container)))

    def write(self, rows: list[ItemRow]) -> None:
        """Write items, new or changed: all or none."""
        if len(rows) == 1:
            self._db.execute(_WRITE, rows[0])
            return
        with self.transaction():
            self._db.executemany(_WRITE, rows)

    def write_and_delete(self, container: int, rows: list[ItemRow], gone: list[int], lsn: int, number: int) -> None:
        """Write items, delete the numbers ``gone`` and keep the high-water marks: all or none."""
        with self.transaction():
            self._db.executemany(_WRITE, rows)
            self._db.executemany("DELETE FROM items WHERE place = ?", [(place(container, item),) for item in gone])
            self._db.execute("UPDATE containers SET lsn = ?, number = ? WHERE key = ?", (lsn, number, container))

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """All that the block writes, or nothing."""
        return transaction(self._db)


def _places(container: int) -> tuple[int, int]:
    """The first and the last place of a container's items."""
    return place(container, 0), place(container + 1, 0) - 1
