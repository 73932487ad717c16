"""What a handler returns: its local transaction, as a value."""

from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from quartet.events import EventData

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Decided(Generic[S]):
    """The new state and the events to say: written as one document, then published.

    A decision with an unchanged state and no answers is still recorded, so that a repeat of the event is recognised.

    Attributes:
        state: the new state.
        answers: what to say, in order.
        note: the word for the log line (`reserved`, `declined`).
        owed: why the event must be handled once more, later: a compensation could not be done. The decision counts,
            and in addition the event becomes a dead letter (`compensation_failed`). When it is redriven, the handler
            runs again, and what it says then is added to what was said before. Empty: nothing is owed.
    """

    state: S
    answers: tuple[EventData, ...] = ()
    note: str = "handled"
    owed: str = ""


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing to do, nothing to write: a duplicate, or an event that this state has overtaken."""

    reason: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The event can be read but must not have an effect: it becomes a dead letter and changes nothing."""

    reason: str
    detail: str


Outcome: TypeAlias = Decided[S] | Ignored | Rejected
