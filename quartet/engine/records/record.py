"""The document of one saga in one service: its state, and the answers to each event.

The answers are part of the document, so state and answers are one write. An event that is delivered again finds its
recorded answers here, and they are published again with the same ids: there is no outbox and no relay.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

from quartet.events import Event

S = TypeVar("S")
Json: TypeAlias = dict[str, Any]
Answers: TypeAlias = tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class RecordLimits:
    """How much a record keeps, so that it does not grow with the number of events. See ADR 17.

    Attributes:
        handled: the number of events whose answers it keeps.
        handled_bytes: how many bytes of JSON those answers may take.
        parked: the number of dead letters in the record's queue; those after them are only counted.
        discarded: how many discarded dead letters it remembers.
        run_bytes: how many bytes of JSON the recorded runs may take; beyond, no more are recorded.
    """

    handled: int = 64
    handled_bytes: int = 32_768
    parked: int = 200
    discarded: int = 32
    run_bytes: int = 32_768


@dataclass(frozen=True, slots=True)
class Foreign:
    """A stored document that this release cannot read: another release wrote it, or a person edited it.

    Attributes:
        document: the stored document; None if it could not even be loaded, so that nothing can be written to it.
        problem: why it cannot be read, on one line.
    """

    document: Json | None
    problem: str


@dataclass(frozen=True, slots=True)
class Record(Generic[S]):
    """One saga as one service knows it.

    Attributes:
        saga_id: the document's id.
        pk: the saga's bucket, the document's partition key.
        state: the participant's own state; None as long as nothing was decided.
        handled: the key of each event that was handled (`Event.key`), with the answers to it as structured
            CloudEvents. Records of releases that identified events by their id alone have that id here.
        said_before: the types of the answers that are no longer in `handled`, each once. They show how a saga ended,
            however many events follow.
        partition: the hub partition that the saga's last event came from.
        etag: the version that was read or written; None if the document does not exist yet.
        parked: the ids of the dead letters that block the saga, in the order in which they came. Only the first of
            them may be handled; every other delivery of the saga waits behind it.
        parked_beyond: the number of dead letters that wait behind those in `parked`, without a place in it.
        owed: the ids of the dead letters of open compensations. They block nothing; each is handled again at each
            redelivery.
        discarded: the ids of dead letters, and the keys of their events, that never have an effect.
        runs: what the ports answered in each handling, the oldest first; empty unless that is recorded. See `Tape.run`.
        foreign: the stored document, if it cannot be read. Only the queue of dead letters is known then.
    """

    saga_id: str
    pk: str
    state: S | None = None
    handled: dict[str, Answers] = field(default_factory=dict)
    partition: str = ""
    etag: str | None = None
    parked: tuple[str, ...] = ()
    owed: tuple[str, ...] = ()
    parked_beyond: int = 0
    discarded: tuple[str, ...] = ()
    said_before: tuple[str, ...] = ()
    runs: tuple[Json, ...] = ()
    foreign: Foreign | None = None

    @property
    def is_new(self) -> bool:
        """Whether nothing of it has ever been stored, as far as is known."""
        return self.etag is None

    @property
    def is_blocked(self) -> bool:
        """Whether events have to wait behind a dead letter."""
        return bool(self.parked or self.parked_beyond)

    @property
    def has_dead_letters(self) -> bool:
        """Whether an operator may change it, from outside this process."""
        return bool(self.is_blocked or self.owed or self.foreign)

    def answers_to(self, event: Event[Any]) -> Answers | None:
        """The answers to the event; None if it was not handled, as far as the record shows."""
        recorded = self.handled.get(event.key)
        return self.handled.get(event.id) if recorded is None else recorded


def surplus(handled: Mapping[str, Answers], limits: RecordLimits) -> int:
    """How many of the oldest entries have to go so that the rest keeps the limits. The newest one always stays."""
    if len(handled) <= limits.handled and len(handled) * _MOST_PER_ENTRY <= limits.handled_bytes:
        return 0
    kept = size = 0
    for key, answers in reversed(list(handled.items())):
        size += len(key) + len(json.dumps(answers))
        if kept and (kept == limits.handled or size > limits.handled_bytes):
            break
        kept += 1
    return len(handled) - kept


# Below this, on average, no size has to be computed.
_MOST_PER_ENTRY = 4096
