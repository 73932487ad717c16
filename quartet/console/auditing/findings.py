"""The findings of the auditor, in SQLite: each is said once when it is there, and once when it no longer is."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from structlog.typing import FilteringBoundLogger

from quartet.console.views import FindingView
from quartet.events import format_time

_TABLES: Final = """
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS finding (
        number INTEGER PRIMARY KEY, rule TEXT, subject TEXT, scope TEXT, what TEXT, at REAL, resolved REAL
    );
    CREATE UNIQUE INDEX IF NOT EXISTS open_finding ON finding (rule, subject) WHERE resolved IS NULL;
    CREATE INDEX IF NOT EXISTS finding_by_subject ON finding (subject);
"""
_KEPT: Final = 10_000  # resolved findings
_VIEW: Final = "SELECT rule, subject, what, at, resolved FROM finding"


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a subject breaks."""

    rule: str
    subject: str


class Findings:
    """The rules that are broken, and those that were."""

    def __init__(self, path: Path | None, log: FilteringBoundLogger) -> None:
        """In this file, or in memory if there is none."""
        self._rows = sqlite3.connect(path or ":memory:")
        self._rows.executescript(_TABLES)
        self._log = log
        self._open = {
            Broken(rule, subject): scope
            for rule, subject, scope in self._rows.execute(
                "SELECT rule, subject, scope FROM finding WHERE resolved IS NULL"
            )
        }

    def close(self) -> None:
        """Close the file."""
        self._rows.close()

    @property
    def open(self) -> AbstractSet[Broken]:
        """The rules that are broken now, and by whom."""
        return self._open.keys()

    def subjects(self) -> AbstractSet[str]:
        """Those who break a rule now."""
        return {broken.subject for broken in self._open}

    def note(self, found: Mapping[Broken, str], scope: str, now: float) -> None:
        """These rules are broken: what is new is said."""
        new = {broken: what for broken, what in found.items() if broken not in self._open}
        with self._rows as rows:
            rows.executemany(
                "INSERT INTO finding (rule, subject, scope, what, at) VALUES (?, ?, ?, ?, ?)",
                [(broken.rule, broken.subject, scope, what, now) for broken, what in new.items()],
            )
        for broken, what in new.items():
            self._open[broken] = scope
            self._log.error("rule broken", rule=broken.rule, subject=broken.subject, scope=scope, what=what)

    def resolve(self, no_longer: Collection[Broken], now: float) -> None:
        """These rules are no longer broken: that is said."""
        gone = [broken for broken in no_longer if broken in self._open]
        with self._rows as rows:
            rows.executemany(
                "UPDATE finding SET resolved = ? WHERE rule = ? AND subject = ? AND resolved IS NULL",
                [(now, broken.rule, broken.subject) for broken in gone],
            )
            rows.execute(
                "DELETE FROM finding WHERE resolved IS NOT NULL AND number <= (SELECT max(number) FROM finding) - ?",
                (_KEPT,),
            )
        for broken in gone:
            scope = self._open.pop(broken)
            self._log.info("rule holds again", rule=broken.rule, subject=broken.subject, scope=scope)

    def of(self, subject: str) -> tuple[FindingView, ...]:
        """Those of one saga, or another subject."""
        return _views(self._rows.execute(f"{_VIEW} WHERE subject = ? ORDER BY number", (subject,)).fetchall())

    def newest(self, most: int) -> tuple[FindingView, ...]:
        """The open ones first, the newest before the older ones."""
        query = f"{_VIEW} ORDER BY resolved IS NOT NULL, number DESC LIMIT ?"
        return _views(self._rows.execute(query, (most,)).fetchall())


def _views(rows: Sequence[tuple[str, str, str, float, float | None]]) -> tuple[FindingView, ...]:
    return tuple(
        FindingView(
            rule=rule,
            subject=subject,
            what=what,
            at=rfc3339(at),
            resolved_at=None if resolved is None else rfc3339(resolved),
        )
        for rule, subject, what, at, resolved in rows
    )


def rfc3339(seconds: float) -> str:
    """A time in seconds since 1970 as events write it."""
    return format_time(datetime.fromtimestamp(seconds, UTC))
