"""The disk: one SQLite file, and transactions that several requests share.

A request changes the data in a *unit*, which is applied as a whole or not at all. All units of one turn of the event
loop share one transaction (group commit), and a request is answered only behind it. What was answered has been handed
to the operating system: it survives ``kill -9``, not the loss of power (``synchronous=OFF``).
"""

import logging
import sqlite3
import time
from asyncio import AbstractEventLoop, Future, Handle, shield
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from quartet_emulators.durable_tasks.protocol import MICROSECONDS
from quartet_emulators.durable_tasks.schema import SCHEMA

_LOGGER = logging.getLogger(__name__)
_NUMBERED = ("inbox", "operations")

Effect = Callable[[], None]
"""What happens in memory once a unit is on disk."""


class StoreError(Exception):
    """The data cannot be used, or a write was lost: one line for the person who runs the emulator."""


class Unit:
    """The changes of one request.

    Attributes:
        db: what they are made with.
        now: the time of all of them, in microseconds since 1970.
    """

    def __init__(self, db: sqlite3.Connection, now: int, next_number: Callable[[], int]) -> None:
        self.db = db
        self.now = now
        self.next_number = next_number
        self.effects: list[Effect] = []

    def after(self, effect: Effect) -> None:
        """Do this when the changes are on disk."""
        self.effects.append(effect)


class Store:
    """The open file. Only one process can have it open.

    Args:
        path: the file; it is created if it is missing.
        loop: the event loop whose turns are the transactions.
        now: microseconds since 1970.

    Attributes:
        lost: called when a transaction could not be written: what is in memory must be read from disk again.

    Raises:
        StoreError: the file cannot be used, or another process uses it.
    """

    def __init__(self, path: Path, loop: AbstractEventLoop, now: Callable[[], int] | None = None) -> None:
        self._loop = loop
        self.now = now or (lambda: time.time_ns() * MICROSECONDS // 1_000_000_000)
        self.lost: Effect = lambda: None
        self._effects: list[Effect] = []
        self._committed: Future[None] | None = None
        self._scheduled: Handle | None = None
        try:
            self.db = sqlite3.connect(path, timeout=0, isolation_level=None)
        except sqlite3.Error as error:
            raise StoreError(f"cannot use {path}: {error}") from error
        try:
            self.db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self.db.execute("PRAGMA journal_mode = WAL")
            self.db.execute("PRAGMA synchronous = OFF")
            self.db.executescript(SCHEMA)
            self._last = max(self._highest(table) for table in _NUMBERED)
        except sqlite3.Error as error:
            self.db.close()
            reason = "another process uses it" if "locked" in str(error) else error
            raise StoreError(f"cannot use {path}: {reason}") from error

    def _highest(self, table: str) -> int:
        (highest,) = self.db.execute(f"SELECT coalesce(max(seq), 0) FROM {table}").fetchone()  # noqa: S608 - a constant
        return int(highest)

    def _next_number(self) -> int:
        self._last += 1
        return self._last

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        """Change the data: all that the block does, or nothing if an exception leaves it. Await `committed` then.

        Raises:
            StoreError: it cannot be written.
        """
        unit = Unit(self.db, self.now(), self._next_number)
        try:
            self._begin()
            yield unit
            self.db.execute("RELEASE unit")
        except BaseException as error:
            self._undo()
            if isinstance(error, sqlite3.Error):
                raise StoreError(f"not written: {error}") from error
            raise
        self._effects += unit.effects

    def _begin(self) -> None:
        if not self.db.in_transaction:
            self.db.execute("BEGIN IMMEDIATE")
        self.db.execute("SAVEPOINT unit")
        if self._committed is None:
            self._committed = self._loop.create_future()
            self._committed.add_done_callback(lambda done: done.exception())  # not awaited by all: no complaint
        if self._scheduled is None:
            self._scheduled = self._loop.call_soon(self._commit)

    def _undo(self) -> None:
        """Take back one unit. After some errors, SQLite has taken back the whole transaction."""
        if self.db.in_transaction:
            self.db.execute("ROLLBACK TO unit")
            self.db.execute("RELEASE unit")
        elif self._committed is not None:
            self._fail("the transaction was rolled back")

    async def committed(self) -> None:
        """Wait until all units so far are on disk.

        Raises:
            StoreError: they are not, and never will be.
        """
        if self._committed is not None:
            await shield(self._committed)  # a client that goes away must not end the wait of the others

    def _commit(self) -> None:
        self._scheduled = None
        if self._committed is None:
            return
        try:
            self.db.execute("COMMIT")
        except sqlite3.Error as error:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            self._fail(str(error))
            return
        committed, effects = self._committed, self._effects
        self._committed, self._effects = None, []
        committed.set_result(None)
        for effect in effects:
            effect()

    def _fail(self, reason: str) -> None:
        _LOGGER.error("changes were not written: %s", reason)
        committed, self._committed, self._effects = self._committed, None, []
        if committed is not None and not committed.done():
            committed.set_exception(StoreError(f"not written: {reason}"))
        self.lost()

    def close(self) -> None:
        """Write what waits to be written, and close the file."""
        if self._scheduled is not None:
            self._scheduled.cancel()
            self._commit()
        self.db.close()
