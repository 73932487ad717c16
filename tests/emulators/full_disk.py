"""A disk without room, for a test."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

LARGE = "x" * 200_000
"""What does not fit without room."""


@contextmanager
def without_room(database: sqlite3.Connection) -> Iterator[None]:
    """SQLite's own limit on the size of a file: it answers as it does for a disk that is full."""
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    (before,) = database.execute("PRAGMA max_page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages}")
    yield
    database.execute(f"PRAGMA max_page_count = {before}")
