"""The status of sagas, from the records of their participants."""

import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter

from quartet.choreography import Choreography
from quartet.cli.dead_letters.dead_letters import Found, find_letters
from quartet.cli.reading.stored import Stored
from quartet.engine.records.record import Record

_TABLES: Final = """
    CREATE TABLE saga (id TEXT PRIMARY KEY);
    CREATE TABLE said (number INTEGER PRIMARY KEY, saga TEXT, type TEXT);
    CREATE TABLE ends (type TEXT PRIMARY KEY);
"""
_ENDED: Final = "SELECT type, count(DISTINCT saga) FROM said JOIN ends USING (type) GROUP BY type ORDER BY type"
_OPEN: Final = "SELECT id FROM saga WHERE id NOT IN (SELECT saga FROM said JOIN ends USING (type)) ORDER BY rowid"
_SAID_IN_OPEN: Final = f"SELECT saga, type FROM said WHERE saga IN ({_OPEN}) ORDER BY number"  # noqa: S608 -- a constant


@dataclass(frozen=True, slots=True)
class Part:
    """What one participant has recorded of a saga.

    Attributes:
        state: its state as JSON values; None if it has decided nothing, or its record cannot be read.
        said: the types of the events that it has answered with, in order.
        is_unread: whether this release cannot read its record.
    """

    participant: str
    state: Mapping[str, Any] | None
    said: tuple[str, ...]
    is_unread: bool = False


@dataclass(frozen=True, slots=True)
class SagaStatus:
    """One saga.

    Attributes:
        parts: by participant, in the order of the application.
        ends: the types of the events that have ended it; more than one is a mistake of the application.
        letters: its open dead letters.
    """

    saga_id: str
    parts: tuple[Part, ...]
    ends: tuple[str, ...]
    letters: tuple[Found, ...]

    @property
    def is_known(self) -> bool:
        """Whether a participant has heard of it."""
        return bool(self.letters) or any(part.state is not None or part.said or part.is_unread for part in self.parts)


@dataclass(frozen=True, slots=True)
class Overview:
    """All sagas.

    Attributes:
        ended: how many have ended with each event.
        open: those that have not ended, with the types that were said in each so far.
        letters: how many open dead letters each participant has.
    """

    ended: Mapping[str, int]
    open: Mapping[str, tuple[str, ...]]
    letters: Mapping[str, int]

    @property
    def total(self) -> int:
        """How many sagas there are."""
        return sum(self.ended.values()) + len(self.open)


async def saga_status(stored: Stored, app: Choreography, saga_id: str) -> SagaStatus:
    """Look one saga up at every participant. An unreadable record is noted in `stored`.

    Raises:
        MissingError: a database or container does not exist.
        OutageError: Cosmos DB did not answer.
    """
    parts = []
    for participant in app:
        unread = len(stored.unparsed)
        record = await stored.record(participant, saga_id)
        parts.append(_part(participant.name, record, is_unread=len(stored.unparsed) > unread))
    letters = await find_letters(stored, app.names, saga_id=saga_id)
    ends = {one.type for one in app.ends}
    return SagaStatus(
        saga_id,
        tuple(parts),
        tuple(dict.fromkeys(said for part in parts for said in part.said if said in ends)),
        tuple(one for one in letters if one.stored.letter.saga_id == saga_id),
    )


async def overview(stored: Stored, app: Choreography) -> Overview:
    """Read every record of every participant. Raises as `saga_status` does.

    What has ended is counted, and not held in memory: the types that were said are spooled into a temporary database.
    """
    with closing(sqlite3.connect("")) as spool:
        spool.executescript(_TABLES)
        for participant in app:
            async for record in stored.records(participant):
                spool.execute("INSERT OR IGNORE INTO saga (id) VALUES (?)", (record.saga_id,))
                said = [(record.saga_id, type_) for type_ in answers_in(record)]
                spool.executemany("INSERT INTO said (saga, type) VALUES (?, ?)", said)
        spool.executemany("INSERT INTO ends VALUES (?)", [(one.type,) for one in app.ends])
        ended = dict(spool.execute(_ENDED))
        still_open: dict[str, list[str]] = {saga_id: [] for (saga_id,) in spool.execute(_OPEN)}
        for saga_id, type_ in spool.execute(_SAID_IN_OPEN):
            still_open[saga_id].append(type_)
    letters = Counter(one.service for one in await find_letters(stored, app.names))
    return Overview(
        ended,
        {saga_id: tuple(types) for saga_id, types in still_open.items()},
        {name: letters[name] for name in app.names},
    )


def answers_in(record: Record[Any]) -> tuple[str, ...]:
    """The types of the answers that a record holds, and before them of those that it had to drop."""
    return (*record.said_before, *(str(answer["type"]) for answers in record.handled.values() for answer in answers))


def _part(name: str, record: Record[Any] | None, *, is_unread: bool) -> Part:
    if record is None:
        return Part(name, None, (), is_unread)
    state = None if record.state is None else TypeAdapter(type(record.state)).dump_python(record.state, mode="json")
    return Part(name, state, answers_in(record))
