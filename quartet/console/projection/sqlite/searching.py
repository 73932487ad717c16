"""Searching: one statement that reads the narrowest condition in the order of the answer, and checks the others."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from quartet.console.projection.coding import summary_from
from quartet.console.projection.port import Page
from quartet.console.projection.query import Query, Word
from quartet.console.projection.summary import Summary

_ENOUGH: Final = 2_000
"""A condition with at most this many matches is narrow: no narrower one is looked for."""

_PHASES: Final = frozenset({"open", "compensating", "ended", "failed"})
_OPEN: Final = "phase IN ('open', 'compensating')"
_LAST: Final = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, and its values."""

    sql: str
    values: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that must be true of a saga.

    Attributes:
        source: a table expression with the columns `opened` and `saga`, from which all matches can be read.
        check: an expression about the row `m` of such a table.
        is_ordered: whether an index gives the matches in the order of the answer.
        is_distinct: whether a saga is there only once.
    """

    source: Statement
    check: Statement
    is_ordered: bool = False
    is_distinct: bool = True


_EVERYTHING: Final = Condition(Statement("(SELECT opened, id AS saga FROM sagas)"), Statement("1"), is_ordered=True)


def search(connection: sqlite3.Connection, query: Query, *, stuck_before: int, limit: int, cursor: str | None) -> Page:
    """See `Projection.search`."""
    driver, statement = plan(connection, query, stuck_before=stuck_before, cursor=cursor)
    wanted = limit + 1
    most = wanted if driver.is_distinct else 4 * wanted
    while True:
        rows = connection.execute(f"{statement.sql} LIMIT {most}", statement.values).fetchall()
        found = list(dict.fromkeys(rows))[:wanted]
        if len(found) == wanted or len(rows) < most:
            break
        most *= 8  # sagas with many matching terms fill the rows
    following = f"{found[limit - 1][0]}.{found[limit - 1][1]}" if len(found) > limit else None
    return Page(_summaries(connection, [saga for _, saga in found[:limit]]), following)


def _summaries(connection: sqlite3.Connection, sagas: Sequence[str]) -> list[Summary]:
    marks = ",".join("?" * len(sagas))
    bodies = dict(connection.execute(f"SELECT id, body FROM sagas WHERE id IN ({marks})", sagas))  # noqa: S608 -- only ?
    return [summary_from(saga, bodies[saga]) for saga in sagas if saga in bodies]


def plan(
    connection: sqlite3.Connection, query: Query, *, stuck_before: int, cursor: str | None
) -> tuple[Condition, Statement]:
    """The condition from which the matches are read, and the statement for them: rows of `opened` and `saga`.

    Raises:
        ValueError: the cursor is none.
    """
    conditions = [_word(word) for word in query.words]
    conditions += [_status(status, stuck_before) for status in query.statuses]
    driver = _narrowest(connection, conditions)
    checks = [one.check for one in conditions if one is not driver]
    bounds, values = _bounds(query, cursor)
    where = " AND ".join([*bounds, *(check.sql for check in checks)]) or "1"
    return driver, Statement(
        f"SELECT m.opened, m.saga FROM {driver.source.sql} m WHERE {where} ORDER BY m.opened DESC, m.saga DESC",  # noqa: S608 -- the parts are constants
        (*driver.source.values, *values, *(value for check in checks for value in check.values)),
    )


def _word(word: Word) -> Condition:
    bounds = "value >= ? AND value < ?"
    values: tuple[object, ...] = (word.value, word.value + _LAST)
    if word.field is not None:
        bounds, values = f"{bounds} AND field = ?", (*values, word.field)
    return Condition(
        Statement(f"(SELECT opened, saga FROM terms WHERE {bounds})", values),  # noqa: S608 -- constants
        Statement(f"EXISTS (SELECT 1 FROM terms t WHERE t.saga = m.saga AND {bounds})", values),  # noqa: S608 -- constants
        is_distinct=False,
    )


def _status(status: str, stuck_before: int) -> Condition:
    column = "phase" if status in _PHASES else "status"
    holds, value = (f"{_OPEN} AND updated < ?", stuck_before) if status == "stuck" else (f"{column} = ?", status)
    return Condition(
        Statement(f"(SELECT opened, id AS saga FROM sagas WHERE {holds})", (value,)),  # noqa: S608 -- constants
        Statement(f"EXISTS (SELECT 1 FROM sagas WHERE id = m.saga AND {holds})", (value,)),  # noqa: S608 -- constants
        is_ordered=status != "stuck",
    )


def _narrowest(connection: sqlite3.Connection, conditions: Sequence[Condition]) -> Condition:
    """The condition with the fewest matches. Counting ends at what is narrow enough."""
    if len(conditions) < 2:  # noqa: PLR2004 -- there is nothing to choose
        return conditions[0] if conditions else _EVERYTHING
    counted = []
    for condition in conditions:
        source = condition.source
        count: int = connection.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM {source.sql} LIMIT {_ENOUGH})",  # noqa: S608 -- the parts are constants
            source.values,
        ).fetchone()[0]
        counted.append((count, not condition.is_ordered, condition))
    counts = [count for count, _, _ in counted]
    if min(counts) == _ENOUGH and not any(condition.is_ordered for condition in conditions):
        return _EVERYTHING  # all are wide: the newest sagas match soon
    return min(counted, key=lambda one: one[:2])[2]


def _bounds(query: Query, cursor: str | None) -> tuple[list[str], list[object]]:
    bounds: list[str] = []
    values: list[object] = []
    if query.after is not None:
        bounds.append("m.opened >= ?")
        values.append(query.after)
    if query.before is not None:
        bounds.append("m.opened < ?")
        values.append(query.before)
    if cursor is not None:
        opened, _, saga = cursor.partition(".")
        if not (opened.isascii() and opened.isdigit() and len(opened) < 16 and saga):  # noqa: PLR2004 -- ms
            raise ValueError("cursor: is none of this search")
        bounds.append("(m.opened, m.saga) < (?, ?)")
        values += [int(opened), saga]
    return bounds, values
