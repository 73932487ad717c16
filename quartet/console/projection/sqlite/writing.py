"""Writing a batch in one transaction: a fixed number of statements, however many events it has."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from quartet.console.projection.coding import fact_text, raw_bytes, summary_from, summary_text
from quartet.console.projection.facts import KEPT_EVENTS, Batch, Fact
from quartet.console.projection.latency import bucket_of
from quartet.console.projection.query import ID, folded
from quartet.console.projection.sqlite.schema import DATA_TABLES
from quartet.console.projection.summary import MINUTE, TOTAL, Marks, Summary, fold

STRAYS: Final = "strays"
HUB: Final = "hub "
"""Followed by the label of a hub: the name of the time at which it was made."""

_KEPT_STEPS: Final = 60  # minutes

_Saying = tuple[str, str, str]  # saga, source, event id
_StepKey = tuple[int, str, str, str, int]


def write(connection: sqlite3.Connection, batch: Batch) -> None:
    """Keep a batch and its position.

    Raises:
        sqlite3.Error: nothing of it was kept.
    """
    with transaction(connection):
        _write(connection, batch)


def clear(connection: sqlite3.Connection, made_at: Mapping[str, str]) -> None:
    """Forget everything, and remember which hubs are read."""
    with transaction(connection):
        for table in DATA_TABLES:
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 -- the tables' names are constants
        connection.executemany("INSERT INTO meta VALUES (?, ?)", [(HUB + hub, made) for hub, made in made_at.items()])


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All that is written in it, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _write(connection: sqlite3.Connection, batch: Batch) -> None:
    read = connection.execute(
        "SELECT sequence_number FROM positions WHERE hub = ? AND partition = ?", batch.place
    ).fetchone()
    last = -1 if read is None else read[0]
    if batch.position.sequence_number <= last:
        return
    connection.execute("INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?)", (*batch.place, *batch.position))
    marks: Marks = Counter({(TOTAL, STRAYS): batch.strays})
    facts = [fact for fact in batch.facts if fact.key.sequence_number > last]
    if facts:
        _write_facts(connection, facts, marks)
    connection.executemany(
        "INSERT INTO marks VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
        [(*name, count) for name, count in marks.items() if count],
    )


def _write_facts(connection: sqlite3.Connection, facts: Sequence[Fact], marks: Marks) -> None:
    by_saga: defaultdict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        by_saga[fact.saga].append(fact)
    before = _summaries(connection, by_saga)
    _write_steps(connection, facts)
    after = {saga: fold(before.get(saga), found) for saga, found in by_saga.items()}
    for saga, summary in after.items():
        marks.update(summary.marks())
        if saga in before:
            marks.subtract(before[saga].marks())
    connection.executemany(
        "INSERT OR REPLACE INTO sagas VALUES (?, ?, ?, ?, ?, ?, ?)", [_saga_row(summary) for summary in after.values()]
    )
    _write_terms(connection, before, after)
    connection.executemany(
        "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [_event_row(fact) for saga, found in by_saga.items() for fact in _kept(before.get(saga), found)],
    )


def _summaries(connection: sqlite3.Connection, sagas: Iterable[str]) -> dict[str, Summary]:
    ids = list(sagas)
    rows = connection.execute(f"SELECT id, body FROM sagas WHERE id IN ({_marks(ids)})", ids)  # noqa: S608 -- only ?
    return {saga: summary_from(saga, body) for saga, body in rows}


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _saga_row(summary: Summary) -> tuple[object, ...]:
    return (
        summary.id,
        summary.first.at,
        summary.last.key.at,
        summary.newest,
        summary.phase,
        folded(summary.status),
        summary_text(summary),
    )


def _write_terms(connection: sqlite3.Connection, before: Mapping[str, Summary], after: Mapping[str, Summary]) -> None:
    # The time of the beginning is part of the key, so that a search need not look it up.
    moved = {saga for saga, old in before.items() if old.first.at != after[saga].first.at}
    connection.executemany("DELETE FROM terms WHERE saga = ?", [(saga,) for saga in moved])
    rows = []
    for saga, summary in after.items():
        old = None if saga in moved else before.get(saga)
        new = summary.terms if old is None else summary.terms - old.terms
        rows += [(folded(term.value), summary.first.at, saga, term.field) for term in new]
        if old is None:
            rows.append((folded(saga), summary.first.at, saga, ID))
    connection.executemany("INSERT OR IGNORE INTO terms VALUES (?, ?, ?, ?)", rows)


def _kept(before: Summary | None, facts: Sequence[Fact]) -> Sequence[Fact]:
    return facts[: max(0, KEPT_EVENTS - (before.events if before is not None else 0))]


def _event_row(fact: Fact) -> tuple[object, ...]:
    key = fact.key
    return (
        *(key.hub, key.partition, key.sequence_number, key.at, fact.saga, fact.event_id, fact.source, fact.type),
        *(fact.counts, fact_text(fact), raw_bytes(fact.raw)),
    )


def _write_steps(connection: sqlite3.Connection, facts: Sequence[Fact]) -> None:
    """Count how long the answers took whose causes are known. A repeat of an answer does not count."""
    asked = {
        (fact.saga, event_id)
        for fact in facts
        if fact.counts and fact.causation_id
        for event_id in (fact.causation_id, fact.event_id)
    }
    known: dict[tuple[str, str], tuple[int, str]] = {}
    said: set[_Saying] = set()
    for saga, event_id, source, at, type_ in _events_of(connection, asked):
        known.setdefault((saga, event_id), (at, type_))
        said.add((saga, source, event_id))
    counts: Counter[_StepKey] = Counter()
    for fact in facts:
        saying = (fact.saga, fact.source, fact.event_id)
        if not fact.counts or saying in said:
            continue
        said.add(saying)
        known.setdefault((fact.saga, fact.event_id), (fact.key.at, fact.type))
        cause = known.get((fact.saga, fact.causation_id or ""))
        if cause is not None:
            took = bucket_of(fact.key.at - cause[0])
            counts[fact.key.at // MINUTE, cause[1], fact.type, fact.sayer, took] += 1
    if not counts:
        return
    connection.executemany(
        "INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
        [(*key, count) for key, count in counts.items()],
    )
    newest = max(minute for minute, *_ in counts)
    connection.execute("DELETE FROM steps WHERE minute < ?", (newest - _KEPT_STEPS,))


def _events_of(
    connection: sqlite3.Connection, asked: Iterable[tuple[str, str]]
) -> Iterable[tuple[str, str, str, int, str]]:
    """The events with these sagas and ids that count."""
    pairs = list(asked)
    for first in range(0, len(pairs), 1000):
        some = pairs[first : first + 1000]
        rows = ",".join(["(?,?)"] * len(some))
        yield from connection.execute(
            f"WITH asked (saga, event_id) AS (VALUES {rows}) "  # noqa: S608 -- only placeholders
            "SELECT e.saga, e.event_id, e.source, e.at, e.type FROM asked CROSS JOIN events e INDEXED BY events_saga "
            "ON e.saga = asked.saga AND e.event_id = asked.event_id WHERE e.counts",
            [value for pair in some for value in pair],
        )
