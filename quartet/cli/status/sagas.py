"""The status of sagas, from the records of their participants."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from quartet.choreography import Choreography
from quartet.cli.dead_letters.dead_letters import Found, find_letters
from quartet.cli.reading.stored import Stored
from quartet.engine.records.record import Record


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
    """Read every record of every participant. Raises as `saga_status` does."""
    said: dict[str, list[str]] = {}
    for participant in app:
        async for record in stored.records(participant):
            said.setdefault(record.saga_id, []).extend(answers_in(record))
    ends = {one.type for one in app.ends}
    ended = Counter(type_ for types in said.values() for type_ in ends.intersection(types))
    still_open = {saga_id: tuple(types) for saga_id, types in said.items() if ends.isdisjoint(types)}
    letters = Counter(one.service for one in await find_letters(stored, app.names))
    return Overview(dict(sorted(ended.items())), still_open, {name: letters[name] for name in app.names})


def answers_in(record: Record[Any]) -> tuple[str, ...]:
    """The types of the answers that a record holds. It holds those to the last events, see `RecordLimits`."""
    return tuple(str(answer["type"]) for answers in record.handled.values() for answer in answers)


def _part(name: str, record: Record[Any] | None, *, is_unread: bool) -> Part:
    if record is None:
        return Part(name, None, (), is_unread)
    state = None if record.state is None else TypeAdapter(type(record.state)).dump_python(record.state, mode="json")
    return Part(name, state, answers_in(record))
