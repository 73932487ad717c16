"""The disk: one SQLite file, written through before any answer leaves.

The write-ahead log is handed to the operating system at every commit and not forced to the platter: an acknowledged
write survives ``kill -9`` of the process, not the loss of power, which is enough for an emulator and ten times faster.

One connection writes. Others, in threads of their own, read what was committed when they began, while it writes.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, NamedTuple

from quartet_emulators.cosmos.storage import disk_items, indexes
from quartet_emulators.cosmos.storage.disk_items import DiskItems
from quartet_emulators.cosmos.storage.item import places
from quartet_emulators.disk import transaction

_SCHEMA: Final = f"""
CREATE TABLE IF NOT EXISTS databases (rid BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS containers (
    key INTEGER PRIMARY KEY AUTOINCREMENT, rid BLOB NOT NULL, database BLOB NOT NULL, body BLOB NOT NULL,
    lsn INTEGER NOT NULL DEFAULT 0, number INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS partitions (container INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS offers (rid TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
{disk_items.SCHEMA}
{indexes.SCHEMA}
"""
_VERSION: Final = 1
_FROM_BEFORE_VERSIONS: Final = """
ALTER TABLE items RENAME TO old_items;
CREATE TABLE items (
    place INTEGER PRIMARY KEY, partition TEXT NOT NULL, id TEXT NOT NULL, lsn INTEGER NOT NULL, ts INTEGER NOT NULL,
    ttl INTEGER, ends INTEGER, etag TEXT NOT NULL, body BLOB NOT NULL);
INSERT INTO items SELECT place, partition, id, lsn, ts, ttl, (
    SELECT CASE WHEN json_extract(c.body, '$.defaultTtl') IS NULL
        OR COALESCE(ttl, json_extract(c.body, '$.defaultTtl')) < 0 THEN NULL
        ELSE ts + COALESCE(ttl, json_extract(c.body, '$.defaultTtl')) END
    FROM containers c WHERE c.key = place >> 44), etag, body FROM old_items;
DROP TABLE old_items;
"""
"""What was written before the file had a version lacks the column `ends`."""


class StorageError(Exception):
    """The data directory cannot be used; the message is one line for the person who named it."""


class ContainerRow(NamedTuple):
    """A container as it lies on disk, with its high-water marks: they must not fall when the newest item is deleted."""

    key: int
    rid: bytes
    database: bytes
    body: bytes
    lsn: int
    number: int


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
            self._lock = sqlite3.connect(data_dir / "cosmos.lock", isolation_level=None, timeout=0)
            self._db = sqlite3.connect(path, isolation_level=None, timeout=0)
        except (OSError, sqlite3.Error) as error:
            msg = f"cannot use the data directory {data_dir}: {error}"
            raise StorageError(msg) from error
        try:
            # Held until the process ends, however it ends. The file itself stays open to our own readers.
            self._lock.execute("BEGIN EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=OFF")
            self._bring_up_to_date()
            self._db.executescript(_SCHEMA)
        except sqlite3.Error as error:
            self.close()
            reason = "another process uses it" if "locked" in str(error) else error
            msg = f"cannot use {path}: {reason}"
            raise StorageError(msg) from error

    def close(self) -> None:
        """Close the file; every acknowledged write is in it already."""
        self._db.close()
        self._lock.close()

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

    def partitions(self, container: int) -> bytes | None:
        """The physical partitions of a container, if it was ever given more than one."""
        row = self._db.execute("SELECT body FROM partitions WHERE container = ?", (container,)).fetchone()
        return None if row is None else row[0]

    def save_partitions(self, container: int, body: bytes) -> None:
        """Write a container's physical partitions."""
        self._db.execute("INSERT OR REPLACE INTO partitions VALUES (?, ?)", (container, body))

    def items(self, container: int) -> DiskItems:
        """The items of a container, to read and to write."""
        return DiskItems(self._db, container)

    def replace_container(self, key: int, body: bytes) -> None:
        """Write a container's new properties."""
        self._db.execute("UPDATE containers SET body = ? WHERE key = ?", (body, key))

    def delete(self, *, databases: Iterable[bytes] = (), containers: Iterable[int], offers: Iterable[str]) -> None:
        """Delete resources with all that they hold, in one transaction."""
        keys = [(key,) for key in containers]
        entries = "DELETE FROM entries WHERE owner IN (SELECT key FROM indexes WHERE container = ?)"
        with self.transaction():
            self._db.executemany("DELETE FROM databases WHERE rid = ?", [(rid,) for rid in databases])
            self._db.executemany("DELETE FROM containers WHERE key = ?", keys)
            self._db.executemany("DELETE FROM partitions WHERE container = ?", keys)
            self._db.executemany("DELETE FROM items WHERE place BETWEEN ? AND ?", [places(key) for (key,) in keys])
            self._db.executemany(entries, keys)
            self._db.executemany("DELETE FROM indexes WHERE container = ?", keys)
            self._db.executemany("DELETE FROM offers WHERE rid = ?", [(rid,) for rid in offers])

    def offers(self) -> list[tuple[str, bytes]]:
        """All offers: resource id and body."""
        return self._db.execute("SELECT rid, body FROM offers").fetchall()

    def save_offer(self, rid: str, body: bytes) -> None:
        """Write an offer, new or changed."""
        self._db.execute("INSERT OR REPLACE INTO offers VALUES (?, ?)", (rid, body))

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """All that the block writes, or nothing."""
        return transaction(self._db)

    def _bring_up_to_date(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        has_items = self._db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'items'").fetchone()
        if version < _VERSION:
            changes = _FROM_BEFORE_VERSIONS if has_items else ""
            self._db.executescript(f"BEGIN IMMEDIATE;{changes}PRAGMA user_version = {_VERSION};COMMIT;")
