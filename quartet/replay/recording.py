"""A recorded saga: what each participant heard, in its order, what its ports answered, and what it said."""

from dataclasses import dataclass
from typing import Final

from quartet.engine.records.record import Json


class RecordingError(Exception):
    """A saga cannot be recorded, or a recording cannot be read. The message is one line that says why."""


class UnfinishedError(RecordingError):
    """A participant has not finished with the saga: what it has not handled would look ignored."""


OUTCOMES: Final = frozenset({"decided", "owed", "ignored", "rejected", "failed"})


@dataclass(frozen=True, slots=True)
class Step:
    """One event, as a participant has handled it.

    Attributes:
        heard: the place of the event among those of the saga.
        outcome: `decided`, `owed` (decided, and a compensation could not be done), `ignored`, `rejected` or `failed`.
        reason: of a rejection or failure: the reason of its dead letter.
        said: the places of the events that it said.
        calls: what the port was asked, see `Tape`; None if that was not recorded.
        attempts: how many attempts a handler had, if one of them failed.
        settings: the port itself, if it is plain data; see `Tapes`.
    """

    heard: int
    outcome: str
    reason: str = ""
    said: tuple[int, ...] = ()
    calls: tuple[Json, ...] | None = None
    attempts: int | None = None
    settings: Json | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One participant in a recorded saga.

    Attributes:
        hears: the types of events that it heard at that time.
        steps: what it has handled, in its order.
        state: its state at the end, as in its document, with the version of that; None if it had none.
        incomplete: why the recording does not have all that it has handled; empty if it has.
    """

    participant: str
    hears: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    state: Json | None = None
    incomplete: str = ""

    @property
    def is_unrecorded(self) -> bool:
        """Whether it has decided something, and what its port answered was not recorded."""
        return any(step.calls is None and step.outcome == "decided" for step in self.steps)


@dataclass(frozen=True, slots=True)
class Recording:
    """One saga.

    Attributes:
        app: the name of the application.
        events: the saga's events as structured CloudEvents, each once, in the order of the hub.
        where: where it was read, for people: `trips.jsonl, line 3`.
    """

    app: str
    saga_id: str
    events: tuple[Json, ...]
    parts: tuple[Part, ...]
    where: str = ""
