"""What the auditor has heard of the sagas, in SQLite: restarted, it knows what it knew."""

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from quartet.console.auditing.heard import Heard, History

_TABLES: Final = """
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS place (hub TEXT, partition TEXT, number INTEGER, PRIMARY KEY (hub, partition));
    CREATE TABLE IF NOT EXISTS gap (at REAL);
    CREATE TABLE IF NOT EXISTS saga (id TEXT PRIMARY KEY, first REAL, news REAL, judged REAL);
    CREATE INDEX IF NOT EXISTS saga_by_news ON saga (news);
    CREATE TABLE IF NOT EXISTS heard (
        hub TEXT, partition TEXT, number INTEGER, saga TEXT, type TEXT, source TEXT, id TEXT, cause TEXT, refusal TEXT,
        discriminator TEXT, digest TEXT, PRIMARY KEY (hub, partition, number)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS heard_by_saga ON heard (saga);
"""
_NEWS: Final = "INSERT INTO saga VALUES (?, ?, ?, 0) ON CONFLICT DO UPDATE SET news = excluded.news"
_FIELDS: Final = "type, source, id, cause, refusal, discriminator, digest"
_AFTER_A_GAP: Final = 3600.0  # seconds: a saga that begins this time after a gap is taken to lie behind it
_MOST_MARKS: Final = 500  # in a statement
_MOST_EVENTS: Final = 1_000  # of one saga


class Place(NamedTuple):
    """An event's place: the label of its hub, its partition, its sequence number."""

    hub: str
    partition: str
    number: int


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one saga. `places` has the type and the place of each event."""

    history: History
    places: tuple[tuple[str, Place], ...]


class HeardLog:
    """The events of the sagas that had news last."""

    def __init__(self, path: Path | None, most_sagas: int = 100_000) -> None:
        """In this file, or in memory if there is none. Of more than `most_sagas`, the oldest are forgotten."""
        self._rows = sqlite3.connect(path or ":memory:")
        self._rows.executescript(_TABLES)
        self._most = most_sagas
        self._new = 0

    def close(self) -> None:
        """Close the file."""
        self._rows.close()

    def take(self, last: Place, first: int, events: Sequence[tuple[str, int, Heard]], now: float) -> None:
        """Take in what was read from a partition, in one transaction. What is read again replaces what was there.

        Args:
            last: of the last message.
            first: the sequence number of the first one. If some are missing before it, sagas have gaps.
            events: the saga of each event, its sequence number, and the event.
            now: the time of the news, in seconds since 1970.
        """
        with self._rows as rows:
            found = rows.execute("SELECT number FROM place WHERE hub = ? AND partition = ?", last[:2]).fetchone()
            if first > (found[0] if found else -1) + 1:
                rows.execute("INSERT INTO gap VALUES (?)", (now,))
            elif found and first <= found[0]:  # the hub is another one, or is read again from its beginning
                rows.execute("DELETE FROM heard WHERE hub = ? AND partition = ? AND number >= ?", (*last[:2], first))
            rows.execute("INSERT OR REPLACE INTO place VALUES (?, ?, ?)", last)
            rows.executemany(_NEWS, [(saga, now, now) for saga in dict.fromkeys(saga for saga, _, _ in events)])
            rows.executemany(
                "INSERT OR IGNORE INTO heard VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(last.hub, last.partition, number, saga, *_values(one)) for saga, number, one in events],
            )
        self._new += len(events)
        if self._new > self._most:
            self._forget()

    def touch(self, saga_ids: Iterable[str], now: float) -> None:
        """These sagas have news that are no events."""
        with self._rows as rows:
            rows.executemany(_NEWS, [(saga, now, now) for saga in saga_ids])

    def known(self, saga_ids: Collection[str]) -> Mapping[str, Known]:
        """What is known of these sagas."""
        ids = sorted(saga_ids)
        some = [self._known(ids[start : start + _MOST_MARKS]) for start in range(0, len(ids), _MOST_MARKS)]
        return {saga: known for found in some for saga, known in found.items()}

    def _known(self, saga_ids: Sequence[str]) -> Mapping[str, Known]:
        marks = ", ".join("?" * len(saga_ids))
        gap = self._rows.execute("SELECT max(at) FROM gap").fetchone()[0]
        first: dict[str, float] = dict(
            self._rows.execute(f"SELECT id, first FROM saga WHERE id IN ({marks})", tuple(saga_ids))  # noqa: S608 -- marks
        )
        events: defaultdict[str, list[tuple[Heard, Place]]] = defaultdict(list)
        query = f"SELECT saga, hub, partition, number, {_FIELDS} FROM heard WHERE saga IN ({marks})"  # noqa: S608 -- marks
        for saga, hub, partition, number, *values in self._rows.execute(query, tuple(saga_ids)):
            if len(events[saga]) <= _MOST_EVENTS:
                events[saga].append((Heard(*values), Place(hub, partition, number)))
        return {
            saga: Known(
                History(
                    tuple(one for one, _ in found[:_MOST_EVENTS]),
                    is_whole=len(found) <= _MOST_EVENTS and (gap is None or first.get(saga, 0) > gap + _AFTER_A_GAP),
                ),
                tuple((one.type, place) for one, place in found),
            )
            for saga, found in events.items()
        }

    def note_judged(self, saga_ids: Collection[str], now: float) -> None:
        """Remember that these sagas need no other look until they have news."""
        with self._rows as rows:
            rows.executemany("UPDATE saga SET judged = ? WHERE id = ?", [(now, saga) for saga in saga_ids])

    def waiting(self) -> dict[str, float]:
        """The sagas that had news since they were judged, and when."""
        return dict(self._rows.execute("SELECT id, news FROM saga WHERE news > judged"))

    def _forget(self) -> None:
        self._new = 0
        with self._rows as rows:
            old = "SELECT id FROM saga ORDER BY news DESC LIMIT -1 OFFSET ?"
            rows.execute(f"DELETE FROM heard WHERE saga IN ({old})", (self._most,))  # noqa: S608 -- a constant
            rows.execute(f"DELETE FROM saga WHERE id IN ({old})", (self._most,))  # noqa: S608 -- a constant


def _values(one: Heard) -> tuple[str | None, ...]:
    return (one.type, one.source, one.id, one.causation_id, one.refusal, one.discriminator, one.digest)
