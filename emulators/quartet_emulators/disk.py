"""SQLite transactions that end in any case, and how a full disk is recognised.

A full disk is kept apart from other failures of a write: it is nothing that a client should repeat, and the person who
runs the emulator can do something about it.
"""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

DISK_FULL = "The emulator's disk is full: nothing was written. Make room on it, or choose another data directory."
_PRIMARY_CODE = 0xFF


def is_full(error: BaseException) -> bool:
    """Whether a write failed because there is no room for it."""
    if isinstance(error, sqlite3.Error):
        # An error of the module itself has no code.
        return getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE == sqlite3.SQLITE_FULL
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All that the block writes, or nothing, also if the commit fails: the connection is free for the next one.

    Raises:
        sqlite3.Error: it was not written.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # after some errors, a full disk among them, SQLite has rolled back itself
            db.execute("ROLLBACK")
        raise
