"""The tables, and how a connection is opened."""

import sqlite3
from pathlib import Path
from typing import Final

FILE: Final = "console.sqlite3"

VERSION: Final = 3
"""Of the tables. A file of another version is removed, and made again from the hub."""

_TABLES: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE positions (
  hub TEXT, partition TEXT, sequence_number INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (hub, partition)
) WITHOUT ROWID;
CREATE TABLE sagas (
  id TEXT PRIMARY KEY, opened INTEGER NOT NULL, updated INTEGER NOT NULL, newest INTEGER NOT NULL, phase TEXT NOT NULL,
  status TEXT NOT NULL, body TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX sagas_newest ON sagas (opened DESC, id DESC);
CREATE INDEX sagas_phase ON sagas (phase, opened DESC, id DESC);
CREATE INDEX sagas_status ON sagas (status, opened DESC, id DESC);
CREATE INDEX sagas_silent ON sagas (updated, opened, id) WHERE phase IN ('open', 'compensating');
CREATE INDEX sagas_over ON sagas (newest) WHERE phase IN ('ended', 'failed');
CREATE TABLE terms (
  value TEXT, opened INTEGER, saga TEXT, field TEXT, PRIMARY KEY (value, opened, saga, field)
) WITHOUT ROWID;
CREATE INDEX terms_saga ON terms (saga, value);
CREATE TABLE events (
  hub TEXT NOT NULL, partition TEXT NOT NULL, sequence_number INTEGER NOT NULL, at INTEGER NOT NULL,
  saga TEXT NOT NULL, event_id TEXT NOT NULL, source TEXT NOT NULL, type TEXT NOT NULL, counts INTEGER NOT NULL,
  body TEXT NOT NULL, raw BLOB NOT NULL
);
CREATE INDEX events_saga ON events (saga, event_id);
CREATE TABLE marks (minute INTEGER, name TEXT, count INTEGER NOT NULL, PRIMARY KEY (minute, name)) WITHOUT ROWID;
CREATE TABLE steps (
  minute INTEGER, cause TEXT, answer TEXT, participant TEXT, bucket INTEGER, count INTEGER NOT NULL,
  PRIMARY KEY (minute, cause, answer, participant, bucket)
) WITHOUT ROWID;
"""

DATA_TABLES: Final = ("meta", "positions", "sagas", "terms", "events", "marks", "steps")


def connect(path: Path, *, is_reader: bool = False) -> sqlite3.Connection:
    """A connection for one thread at a time.

    A crash of the machine may lose the last batches, with their positions: they are read again.

    Raises:
        sqlite3.Error: the file cannot be used.
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA busy_timeout=5000")
    connection.execute("PRAGMA cache_size=-32000")
    if is_reader:
        connection.execute("PRAGMA query_only=ON")
    return connection


def prepare(path: Path) -> None:
    """Make the file, or make it again if it has other tables or is broken.

    Raises:
        OSError: the directory cannot be used.
        sqlite3.Error: the file cannot be used.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not _is_usable(path):
        remove(path)
    connection = connect(path)
    try:
        if connection.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            connection.executescript(f"BEGIN; {_TABLES} PRAGMA user_version={VERSION}; COMMIT;")
    finally:
        connection.close()


def remove(path: Path) -> None:
    """Remove the file, with what SQLite keeps beside it."""
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)


def _is_usable(path: Path) -> bool:
    try:
        connection = connect(path)
        try:
            version: int = connection.execute("PRAGMA user_version").fetchone()[0]
            has_tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] > 0
            return version == VERSION or not has_tables
        finally:
            connection.close()
    except sqlite3.DatabaseError:
        return False
