"""Containers, blobs and staged blocks in one SQLite file."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from quartet_emulators.blob.records import Blob, Container, blob_row, container_row, read_blob, read_container
from quartet_emulators.disk import transaction

SCHEMA_VERSION = 2
SCHEMA = f"""
CREATE TABLE containers (
    name TEXT PRIMARY KEY, etag TEXT NOT NULL, modified REAL NOT NULL, metadata TEXT NOT NULL,
    more TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE blobs (
    container TEXT NOT NULL, name TEXT NOT NULL, etag TEXT NOT NULL,
    created REAL NOT NULL, modified REAL NOT NULL, size INTEGER NOT NULL,
    properties TEXT NOT NULL, metadata TEXT NOT NULL, blocks TEXT NOT NULL, more TEXT NOT NULL,
    PRIMARY KEY (container, name)
) WITHOUT ROWID;
CREATE TABLE contents (
    container TEXT NOT NULL, name TEXT NOT NULL, content BLOB NOT NULL,
    PRIMARY KEY (container, name)
);
CREATE TABLE staged_blocks (
    container TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL, content BLOB NOT NULL,
    PRIMARY KEY (container, name, id)
);
PRAGMA user_version = {SCHEMA_VERSION};
"""
FROM_1 = f"""
ALTER TABLE containers ADD COLUMN more TEXT NOT NULL DEFAULT '{{}}';
ALTER TABLE blobs ADD COLUMN more TEXT NOT NULL DEFAULT '{{}}';
PRAGMA user_version = {SCHEMA_VERSION};
"""


class BlobStore:
    """The data of one account. Every method is one short transaction on the caller's thread.

    A write is handed to the operating system before the method returns, so it survives the death of this
    process. It is not flushed to the disk: a power cut may lose it.
    """

    def __init__(self, path: Path) -> None:
        """Open or create the file.

        Raises:
            sqlite3.DatabaseError: the file is not a database.
            ValueError: it was written by another version of this emulator.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            self._prepare(path)
        except BaseException:
            self._db.close()
            raise

    def _prepare(self, path: Path) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = OFF")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            self._db.executescript("BEGIN;" + SCHEMA + "COMMIT;")
        elif version == 1:
            self._db.executescript("BEGIN;" + FROM_1 + "COMMIT;")
        elif version != SCHEMA_VERSION:
            raise ValueError(f"{path} has schema {version}, this emulator reads {SCHEMA_VERSION}: remove the file")

    def close(self) -> None:
        """Close the file; the log is written back into it."""
        self._db.close()

    def container(self, name: str) -> Container | None:
        """The container of this name, or None."""
        row = self._db.execute("SELECT * FROM containers WHERE name = ?", (name,)).fetchone()
        return read_container(row) if row else None

    def containers(self, start: str) -> Iterator[Container]:
        """All containers from this name on, in the order of their names."""
        for row in self._db.execute("SELECT * FROM containers WHERE name >= ? ORDER BY name", (start,)):
            yield read_container(row)

    def save_container(self, container: Container) -> None:
        """Write a container, new or changed."""
        self._db.execute("INSERT OR REPLACE INTO containers VALUES (?, ?, ?, ?, ?)", container_row(container))

    def remove_container(self, name: str) -> None:
        """Remove a container and all that is in it."""
        with transaction(self._db) as db:
            db.execute("DELETE FROM containers WHERE name = ?", (name,))
            db.execute("DELETE FROM blobs WHERE container = ?", (name,))
            db.execute("DELETE FROM contents WHERE container = ?", (name,))
            db.execute("DELETE FROM staged_blocks WHERE container = ?", (name,))

    def blob(self, container: str, name: str) -> Blob | None:
        """The committed blob of this name, or None."""
        row = self._db.execute("SELECT * FROM blobs WHERE container = ? AND name = ?", (container, name)).fetchone()
        return read_blob(row) if row else None

    def blobs(self, container: str, start: str) -> Iterator[Blob]:
        """All blobs of a container from this name on, in the order of their names (by code point)."""
        query = "SELECT * FROM blobs WHERE container = ? AND name >= ? ORDER BY name"
        for row in self._db.execute(query, (container, start)):
            yield read_blob(row)

    def content(self, blob: Blob, start: int = 0, length: int | None = None) -> bytes:
        """The bytes of a blob from `start` on, `length` of them or all."""
        row = self._db.execute(
            "SELECT substr(content, ?, ?) FROM contents WHERE container = ? AND name = ?",
            (start + 1, blob.size if length is None else length, blob.container, blob.name),
        ).fetchone()
        return bytes(row[0]) if row else b""

    def save_blob(self, blob: Blob) -> None:
        """Write a blob's properties and metadata and leave its content alone."""
        self._db.execute("INSERT OR REPLACE INTO blobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", blob_row(blob))

    def write_blob(self, blob: Blob, content: bytes) -> None:
        """Write a blob with new content; blocks that were staged for it are discarded."""
        key = (blob.container, blob.name)
        with transaction(self._db) as db:
            db.execute("INSERT OR REPLACE INTO blobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", blob_row(blob))
            db.execute("DELETE FROM staged_blocks WHERE container = ? AND name = ?", key)
            if content:
                db.execute("INSERT OR REPLACE INTO contents VALUES (?, ?, ?)", (*key, content))
            else:
                db.execute("DELETE FROM contents WHERE container = ? AND name = ?", key)

    def remove_blob(self, blob: Blob) -> None:
        """Remove a blob, its content and the blocks staged for it."""
        key = (blob.container, blob.name)
        with transaction(self._db) as db:
            db.execute("DELETE FROM blobs WHERE container = ? AND name = ?", key)
            db.execute("DELETE FROM contents WHERE container = ? AND name = ?", key)
            db.execute("DELETE FROM staged_blocks WHERE container = ? AND name = ?", key)

    def stage_block(self, container: str, name: str, block_id: str, content: bytes) -> None:
        """Keep a block until the blob's block list is put."""
        self._db.execute(
            "INSERT OR REPLACE INTO staged_blocks VALUES (?, ?, ?, ?)", (container, name, block_id, content)
        )

    def staged_blocks(self, container: str, name: str) -> dict[str, int]:
        """The sizes in bytes of the blocks staged for a blob, by id."""
        query = "SELECT id, length(content) FROM staged_blocks WHERE container = ? AND name = ? ORDER BY id"
        return dict(self._db.execute(query, (container, name)).fetchall())

    def staged_content(self, container: str, name: str, block_id: str) -> bytes:
        """The bytes of one staged block.

        Raises:
            KeyError: no such block is staged.
        """
        query = "SELECT content FROM staged_blocks WHERE container = ? AND name = ? AND id = ?"
        row = self._db.execute(query, (container, name, block_id)).fetchone()
        if row is None:
            raise KeyError(block_id)
        return bytes(row[0])
