"""The versions and changes that were seen, in SQLite, with the place in each change feed in the same transaction."""

import json
import sqlite3
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from quartet.console.states.version import Change, Version
from quartet.console.views import ChangeView

_TABLES: Final = """
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS feed (participant TEXT PRIMARY KEY, continuation TEXT, began INTEGER);
    CREATE TABLE IF NOT EXISTS record (
        participant TEXT, saga TEXT, at REAL, body BLOB, PRIMARY KEY (participant, saga)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS change (number INTEGER PRIMARY KEY, saga TEXT, participant TEXT, at REAL, body BLOB);
    CREATE INDEX IF NOT EXISTS change_by_saga ON change (saga, number);
"""
MOST_CHANGES: Final = 100
"""Of one saga. Older ones are forgotten."""


class StateStore:
    """The last version of each record, and the last changes of each saga."""

    def __init__(self, path: Path | None, most_changes: int = 1_000_000) -> None:
        """In this file, or in memory if there is none. Of more than `most_changes`, the oldest are forgotten."""
        self._rows = sqlite3.connect(path or ":memory:")
        self._rows.executescript(_TABLES)
        self._most = most_changes

    def close(self) -> None:
        """Close the file."""
        self._rows.close()

    def continuation(self, participant: str) -> str | None:
        """Where the change feed of a participant is to be continued; None at its beginning."""
        found = self._rows.execute("SELECT continuation FROM feed WHERE participant = ?", (participant,)).fetchone()
        return None if found is None else str(found[0])

    def versions(self, participant: str, saga_ids: Collection[str]) -> Mapping[str, Version]:
        """The last versions of these records that were seen, by saga."""
        query = "SELECT body FROM record WHERE participant = ? AND saga = ?"
        found = [self._rows.execute(query, (participant, saga_id)).fetchone() for saga_id in saga_ids]
        versions = (_version(_unpacked(row[0])) for row in found if row is not None)
        return {one.saga_id: one for one in versions}

    def keep(self, participant: str, seen: Mapping[str, tuple[Version, Sequence[Change]]], continuation: str) -> None:
        """Keep what was read, and where to continue, in one transaction. `seen`: by saga."""
        with self._rows as rows:
            rows.executemany(
                "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)",
                [(participant, saga, version.at, _packed(asdict(version))) for saga, (version, _) in seen.items()],
            )
            rows.executemany(
                "INSERT INTO change (saga, participant, at, body) VALUES (?, ?, ?, ?)",
                [
                    (saga, participant, change.at, _packed(_change_json(change)))
                    for saga, (_, changes) in seen.items()
                    for change in changes
                ],
            )
            rows.executemany(
                "DELETE FROM change WHERE saga = ? AND number <= (SELECT number FROM change WHERE saga = ? "
                "ORDER BY number DESC LIMIT 1 OFFSET ?)",
                [(saga, saga, MOST_CHANGES) for saga in seen],
            )
            rows.execute("DELETE FROM change WHERE number <= (SELECT max(number) FROM change) - ?", (self._most,))
            rows.execute(
                "INSERT INTO feed VALUES (?, ?, 0) ON CONFLICT DO UPDATE SET continuation = excluded.continuation",
                (participant, continuation),
            )

    def began(self, participant: str) -> bool:
        """Whether all that the feed held when it was read first is read: what comes now is seen as it is written."""
        found = self._rows.execute("SELECT began FROM feed WHERE participant = ?", (participant,)).fetchone()
        return bool(found and found[0])

    def note_began(self, participant: str) -> None:
        """Remember that."""
        with self._rows as rows:
            rows.execute("UPDATE feed SET began = 1 WHERE participant = ?", (participant,))

    def forget(self, participant: str) -> None:
        """Begin again at the beginning of the feed of a participant: its container is another one."""
        with self._rows as rows:
            for table in ("record", "change", "feed"):
                rows.execute(f"DELETE FROM {table} WHERE participant = ?", (participant,))  # noqa: S608 -- a constant

    def forget_sagas(self, saga_ids: Collection[str]) -> None:
        """Forget all that was seen of these sagas. What is written of one later is shown without a version before."""
        with self._rows as rows:
            for saga_id in saga_ids:
                rows.execute("DELETE FROM change WHERE saga = ?", (saga_id,))
                rows.execute(
                    "DELETE FROM record WHERE participant IN (SELECT participant FROM feed) AND saga = ?", (saga_id,)
                )

    def changes(self, saga_id: str) -> list[Change]:
        """The changes of a saga, in the order in which they were written, as far as the seconds tell."""
        query = "SELECT body FROM change WHERE saga = ? ORDER BY at, number"
        return [_change(_unpacked(body)) for (body,) in self._rows.execute(query, (saga_id,))]


def _packed(value: Mapping[str, Any]) -> bytes:
    return zlib.compress(json.dumps(value).encode(), 1)


def _unpacked(body: bytes) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(zlib.decompress(body))
    return value


def _version(value: dict[str, Any]) -> Version:
    return Version(**value | {"line": tuple(value["line"])})


def _change_json(change: Change) -> dict[str, Any]:
    return {
        "participant": change.participant,
        "at": change.at,
        "keys": change.keys,
        "changes": [(one.path, one.before, one.after) for one in change.changes],
        "is_merged": change.is_merged,
        "note": change.note,
    }


def _change(value: dict[str, Any]) -> Change:
    changes = tuple(ChangeView(path=path, before=before, after=after) for path, before, after in value["changes"])
    return Change(**value | {"keys": tuple(value["keys"]), "changes": changes})
