"""What a handler returns: its local transaction, as a value."""

from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from shared.events import EventData

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Decided(Generic[S]):
    """The new state and the events to say: written as one document, then published.

    `note` is the word for the log line (`reserved`, `declined`). A decision with an unchanged state and
    no answers is still recorded, so that a repeat of the event is recognised.
    """

    state: S
    answers: tuple[EventData, ...] = ()
    note: str = "handled"


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
