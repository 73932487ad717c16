"""Connections that only read, in threads of their own: a query that looks at much does not hold up other requests."""

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_THREADS: Final = 2
_LOCK_SECONDS: Final = 5.0


class Readers:
    """The threads and their connections. Made for one file, opened when they are first used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self.threads = ThreadPoolExecutor(_THREADS, "cosmos-query")

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """What is committed now, however long the block takes; only in one of the threads.

        Raises:
            sqlite3.Error: it could not be read, or the emulator stops.
        """
        db = self._connection()
        db.execute("BEGIN")
        try:
            yield db
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")

    def close(self) -> None:
        """Stop what runs, and close the connections."""
        self.threads.shutdown(wait=False, cancel_futures=True)
        for db in self._connections:
            db.interrupt()
        self.threads.shutdown()
        for db in self._connections:
            db.close()

    def _connection(self) -> sqlite3.Connection:
        db: sqlite3.Connection | None = getattr(self._own, "db", None)
        if db is None:
            db = sqlite3.connect(self._path, isolation_level=None, timeout=_LOCK_SECONDS, check_same_thread=False)
            db.execute("PRAGMA query_only = ON")
            self._own.db = db
            self._connections.append(db)
        return db
