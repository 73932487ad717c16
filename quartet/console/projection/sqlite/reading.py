"""The questions that are no search."""

import sqlite3
from collections import defaultdict
from collections.abc import Mapping

from quartet.console.projection.coding import fact_from, raw_from, summary_from
from quartet.console.projection.facts import Key, Place, Position, Raw
from quartet.console.projection.port import Saga, Step, Totals
from quartet.console.projection.sqlite.writing import HUB, STRAYS
from quartet.console.projection.summary import COMPENSATING, ENDED, OPEN, SAGAS, TOTAL


def made_at(connection: sqlite3.Connection) -> dict[str, str]:
    """See `Projection.made_at`."""
    rows = connection.execute("SELECT name, value FROM meta WHERE name >= ? AND name < ?", (HUB, HUB + "\U0010ffff"))
    return {name.removeprefix(HUB): value for name, value in rows}


def positions(connection: sqlite3.Connection) -> dict[Place, Position]:
    """See `Projection.positions`."""
    rows = connection.execute("SELECT hub, partition, sequence_number, at FROM positions")
    return {Place(hub, partition): Position(number, at) for hub, partition, number, at in rows}


def totals(connection: sqlite3.Connection, stuck_before: int) -> Totals:
    """See `Projection.totals`."""
    found = dict(connection.execute("SELECT name, count FROM marks WHERE minute = ?", (TOTAL,)).fetchall())
    stuck = connection.execute(
        "SELECT count(*) FROM sagas WHERE phase IN ('open', 'compensating') AND updated < ?", (stuck_before,)
    ).fetchone()[0]
    return Totals(
        sagas=found.get(SAGAS, 0),
        open=found.get(OPEN, 0),
        compensating=found.get(COMPENSATING, 0),
        stuck=stuck,
        ended={name.removeprefix(ENDED): count for name, count in found.items() if name.startswith(ENDED) and count},
        strays=found.get(STRAYS, 0),
    )


def marks(connection: sqlite3.Connection, first: int, last: int) -> Mapping[int, Mapping[str, int]]:
    """See `Projection.marks`."""
    found: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for minute, name, count in connection.execute(
        "SELECT minute, name, count FROM marks WHERE minute BETWEEN ? AND ?", (first, last)
    ):
        found[minute][name] = count
    return found


def steps(connection: sqlite3.Connection, first: int) -> list[Step]:
    """See `Projection.steps`."""
    found: defaultdict[tuple[str, str, str], dict[int, int]] = defaultdict(dict)
    for cause, answer, participant, bucket, count in connection.execute(
        "SELECT cause, answer, participant, bucket, sum(count) FROM steps WHERE minute >= ? "
        "GROUP BY cause, answer, participant, bucket",
        (first,),
    ):
        found[cause, answer, participant][bucket] = count
    return [Step(*names, counts) for names, counts in found.items()]


def saga(connection: sqlite3.Connection, saga_id: str) -> Saga | None:
    """See `Projection.saga`."""
    row = connection.execute("SELECT body FROM sagas WHERE id = ?", (saga_id,)).fetchone()
    if row is None:
        return None
    rows = connection.execute(
        "SELECT hub, partition, sequence_number, at, saga, event_id, source, type, body FROM events WHERE saga = ? "
        "ORDER BY at, hub, partition, sequence_number",
        (saga_id,),
    )
    return Saga(summary_from(saga_id, row[0]), [fact_from(one) for one in rows])


def raw(connection: sqlite3.Connection, saga_id: str, key: Key) -> Raw | None:
    """See `Projection.raw`."""
    row = connection.execute(
        "SELECT raw FROM events WHERE saga = ? AND hub = ? AND partition = ? AND sequence_number = ?",
        (saga_id, key.hub, key.partition, key.sequence_number),
    ).fetchone()
    return None if row is None else raw_from(row[0])


def raws(connection: sqlite3.Connection, saga_id: str) -> dict[Key, Raw]:
    """See `Projection.raws`."""
    rows = connection.execute(
        "SELECT at, hub, partition, sequence_number, raw FROM events WHERE saga = ? "
        "ORDER BY at, hub, partition, sequence_number",
        (saga_id,),
    )
    return {Key(*key): raw_from(stored) for *key, stored in rows}
