"""An application as one object: its events, its participants, and what ends a saga."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from quartet.engine.declaration.participant import Participant
from quartet.events import EventData, Registry


@dataclass(frozen=True, slots=True)
class Choreography:
    """A set of participants that react to each other's events on one hub. Nobody coordinates them.

    Attributes:
        name: what the application is called.
        events: every event that is said in it.
        participants: who takes part, in the order in which a person would name them.
        ends: the events that end a saga. Nobody needs to hear them.
        hub: the Event Hub that they share.
    """

    name: str
    events: Registry
    participants: tuple[Participant[Any, Any], ...]
    ends: frozenset[type[EventData]]
    hub: str = "saga-events"

    def __iter__(self) -> Iterator[Participant[Any, Any]]:
        return iter(self.participants)

    def participant(self, name: str) -> Participant[Any, Any]:
        """The participant of this name.

        Raises:
            KeyError: there is none.
        """
        for participant in self.participants:
            if participant.name == name:
                return participant
        raise KeyError(name)
