"""Removing sagas that ended long ago, each with all that is kept of it, in one transaction."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Final

from quartet.console.projection.coding import summary_from
from quartet.console.projection.sqlite.writing import transaction
from quartet.console.projection.summary import MINUTE, TOTAL

_OVER: Final = "phase IN ('ended', 'failed') AND newest < ?"
"""As the index `sagas_over` has it."""

_MINUTES: Final = 1440
"""The marks of how many minutes are removed in one transaction."""


def ended_before(connection: sqlite3.Connection, before: int, most: int) -> list[str]:
    """See `Projection.ended_before`."""
    # Without statistics, SQLite would read all sagas of a phase.
    query = f"SELECT id FROM sagas INDEXED BY sagas_over WHERE {_OVER} ORDER BY newest LIMIT ?"  # noqa: S608 -- a constant
    return [saga for (saga,) in connection.execute(query, (before, most))]


def remove(connection: sqlite3.Connection, sagas: Sequence[str], before: int) -> int:
    """See `Projection.remove`."""
    with transaction(connection):
        chosen = ",".join("?" * len(sagas))
        rows = connection.execute(
            f"SELECT id, body FROM sagas WHERE id IN ({chosen}) AND {_OVER}",  # noqa: S608 -- only ? and a constant
            (*sagas, before),
        ).fetchall()
        totals: Counter[str] = Counter()
        for saga, body in rows:
            summary = summary_from(saga, body)
            totals.update({name: count for (minute, name), count in summary.marks().items() if minute == TOTAL})
        ids = [(saga,) for saga, _ in rows]
        connection.executemany("DELETE FROM events WHERE saga = ?", ids)
        connection.executemany("DELETE FROM terms WHERE saga = ?", ids)
        connection.executemany("DELETE FROM sagas WHERE id = ?", ids)
        connection.executemany(
            "UPDATE marks SET count = count - ? WHERE minute = ? AND name = ?",
            [(count, TOTAL, name) for name, count in totals.items()],
        )
        return len(rows)


def forget_minutes(connection: sqlite3.Connection, before: int) -> None:
    """See `Projection.forget_minutes`. The marks of a day at most."""
    minute = before // MINUTE
    oldest = connection.execute("SELECT min(minute) FROM marks WHERE minute >= 0").fetchone()[0]
    first_step = connection.execute("SELECT min(minute) FROM steps").fetchone()[0]
    if min(one for one in (oldest, first_step, minute) if one is not None) >= minute:
        return
    with transaction(connection):
        connection.execute("DELETE FROM steps WHERE minute < ?", (minute,))
        if oldest is not None:
            connection.execute("DELETE FROM marks WHERE minute >= 0 AND minute < ?", (min(minute, oldest + _MINUTES),))
