"""What a participant does with an event: the one place of the test kit that looks into its tables."""

from typing import Any

from quartet.engine.declaration.participant import Handler, Participant
from quartet.events import EventData


def handler_of(participant: Participant[Any], data: type[EventData], *, giving_up: bool = False) -> Handler[Any]:
    """The handler of this type of event; with `giving_up`, what runs when its retries are used up.

    Raises:
        LookupError: the participant does not hear it, or has no such way to give up.
    """
    table = participant.give_up if giving_up else participant.handlers
    if data not in table:
        missing = "has no fallback for" if giving_up else "does not hear"
        raise LookupError(f"{participant.name} {missing} {data.type}")
    return table[data]
