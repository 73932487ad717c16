"""A participant's reaction to an event: the only place of the test kit that reads its tables."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from quartet.engine.declaration.outcome import Outcome
from quartet.engine.declaration.participant import Participant
from quartet.events import Event, EventData

Handler: TypeAlias = Callable[[Event[Any], Any, Any], Awaitable[Outcome[Any]]]


def handler_of(participant: Participant[Any, Any], data: type[EventData], *, giving_up: bool = False) -> Handler:
    """The handler of this type of event; with `giving_up`, what runs when its retries are used up.

    Raises:
        LookupError: the participant does not hear it, or has no such way to give up.
    """
    if data.type not in participant.hears:
        raise LookupError(f"{participant.name} does not hear {data.type}")
    reaction = participant.reaction_to(data)
    if not giving_up:
        return reaction.handler
    if reaction.fallback is None:
        raise LookupError(f"{participant.name} has no fallback for {data.type}")
    return reaction.fallback
