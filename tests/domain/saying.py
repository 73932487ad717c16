"""Short ways to say what a participant has heard, and to look at what it answers."""

from typing import Any, TypeVar

from quartet.engine.declaration.outcome import Decided, Outcome
from quartet.events import Event, EventData, new_event
from tests.domain.shop import NOON

S = TypeVar("S")
D = TypeVar("D", bound=EventData)


def said(data: D, *, event_id: str | None = None) -> Event[D]:
    """A source has said it, at noon."""
    return new_event(data, source="/somebody", time=NOON, id=event_id or f"evt-{data.type}")


def decided(outcome: Outcome[S]) -> Decided[S]:
    """The decision that it must be."""
    assert isinstance(outcome, Decided), outcome
    return outcome


def only_answer(outcome: Outcome[Any]) -> EventData:
    """The one event that the decision says."""
    (answer,) = decided(outcome).answers
    return answer
