"""The stored states of an application and the effects of its ports: the input of its invariants.

It may be more than the memory of this process holds: it is spooled into a temporary database, which SQLite keeps in a
file once it has grown, and removes at the end.
"""

import pickle
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar, overload

from quartet.choreography import Choreography
from quartet.cli.audit.ledgers import GuardedLedger
from quartet.cli.reading.stored import Stored, Unparsed, among
from quartet.engine.declaration.ledger import Effect
from quartet.engine.errors import ConfigurationError

T = TypeVar("T")

_TABLES: Final = """
    CREATE TABLE saga (number INTEGER PRIMARY KEY, id TEXT UNIQUE);
    CREATE TABLE state (participant TEXT, saga TEXT, body BLOB, PRIMARY KEY (participant, saga)) WITHOUT ROWID;
    CREATE TABLE effect (number INTEGER PRIMARY KEY, participant TEXT, kind TEXT, saga TEXT, id TEXT, body BLOB,
                         UNIQUE (participant, kind, saga, id));
"""


class StoredEvidence:
    """The `Evidence` of one look; a context manager that removes it at its end.

    Attributes:
        unparsed: the documents that this release cannot read.
    """

    def __init__(self, ledgers: Collection[str], method: str = "effects") -> None:
        """Nothing yet. `ledgers`: the participants whose ports have one with this method."""
        self._ledgers = frozenset(ledgers)
        self._method = method
        self._spool = sqlite3.connect("")
        self._spool.executescript(_TABLES)
        self.unparsed: Sequence[Unparsed] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._spool.close()

    def keep_state(self, participant: str, saga_id: str, state: object) -> None:
        """Take in what a participant has stored of a saga."""
        self._spool.execute("INSERT OR IGNORE INTO saga (id) VALUES (?)", (saga_id,))
        self._spool.execute(
            "INSERT OR REPLACE INTO state VALUES (?, ?, ?)", (participant, saga_id, pickle.dumps(state))
        )

    def keep_effect(self, participant: str, effect: Effect) -> None:
        """Take in an effect. A ledger that is read page by page may name one twice: it is one effect."""
        kind = f"{type(effect).__module__}.{type(effect).__qualname__}"
        self._spool.execute(
            "INSERT INTO effect (participant, kind, saga, id, body) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET body = excluded.body",
            (participant, kind, effect.saga_id, effect.id, pickle.dumps(effect)),
        )

    @property
    def figures(self) -> Mapping[str, int]:
        """How much was looked at."""
        (effects,) = self._spool.execute("SELECT count(*) FROM effect").fetchone()
        return {"sagas": len(self.sagas), "effects": effects}

    @property
    def sagas(self) -> Sequence[str]:
        """See `Evidence.sagas`."""
        return _Rows(self._spool, "SELECT id FROM saga", (), str)

    def state(self, participant: str, saga_id: str) -> Any:  # noqa: ANN401 -- each participant has its own
        """See `Evidence.state`."""
        found = self._spool.execute(
            "SELECT body FROM state WHERE participant = ? AND saga = ?", (participant, saga_id)
        ).fetchone()
        return None if found is None else _loaded(found[0])

    def effects(self, participant: str) -> Sequence[Effect]:
        """See `Evidence.effects`."""
        if participant not in self._ledgers:
            raise ConfigurationError(f"{participant} has no ledger: give its port the method {self._method}")
        return _Rows(self._spool, "SELECT body FROM effect WHERE participant = ?", (participant,), _loaded)


class _Rows(Sequence[T], Generic[T]):
    """The rows of a query, in the order in which they were taken in. Each is read when it is asked for."""

    def __init__(self, spool: sqlite3.Connection, query: str, values: Sequence[str], read: Callable[[Any], T]) -> None:
        self._spool = spool
        self._query = query
        self._values = values
        self._read = read

    def __len__(self) -> int:
        query = f"SELECT count(*) FROM ({self._query})"  # noqa: S608 -- the queries are constants
        (count,) = self._spool.execute(query, self._values).fetchone()
        return int(count)

    def __iter__(self) -> Iterator[T]:
        for (value,) in self._spool.execute(f"{self._query} ORDER BY number", self._values):
            yield self._read(value)

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...
    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        query = f"{self._query} ORDER BY number LIMIT 1 OFFSET ?"
        found = self._spool.execute(query, (*self._values, range(len(self))[place])).fetchone()
        return self._read(found[0])


def _loaded(body: bytes) -> Any:  # noqa: ANN401 -- whatever was taken in
    return pickle.loads(body)  # noqa: S301 -- this process has written it, into a file that no other one opens


async def read_evidence(
    stored: Stored,
    choreography: Choreography,
    ledgers: Mapping[str, GuardedLedger],
    saga_ids: Collection[str] | None = None,
) -> StoredEvidence:
    """Read everything once: the states first, so that the ledgers contain every effect that a final state claims.

    With `saga_ids`, read what there is of these sagas: one query for each participant, and one for each ledger that
    can look them up.

    Raises:
        MissingError: a database or container does not exist.
        ConfigurationError: a ledger cannot be read as it should.
        OutageError: Cosmos DB, or the server of a ledger, did not answer.
    """
    if saga_ids is None:
        readable, evidence = ledgers, StoredEvidence(ledgers)
    else:
        readable = {name: ledger for name, ledger in ledgers.items() if ledger.can_look_up}
        evidence = StoredEvidence(readable, "effects_of")
    try:
        for participant in choreography:
            async for record in stored.records(participant, **among(saga_ids)):
                evidence.keep_state(participant.name, record.saga_id, record.state)
        for name, ledger in readable.items():
            async for effect in ledger.effects() if saga_ids is None else ledger.effects_of(saga_ids):
                evidence.keep_effect(name, effect)
    except BaseException:
        evidence.__exit__(None, None, None)
        raise
    evidence.unparsed = tuple(stored.unparsed)
    return evidence
