"""The events of a choreography as edges from the participant that says them to those that hear them."""

from dataclasses import dataclass
from typing import Final

from quartet.choreography import Choreography
from quartet.events import OUTSIDE, EventData

END: Final = "(end)"
"""The target of the ends, in a picture."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One event on its way.

    Attributes:
        sayer: the participant that says it, or `OUTSIDE`.
        event: its event.
        hearer: the participant that reacts to it, or `END`.
        compensates: whether it is news of a failure, or says that work was undone.
    """

    sayer: str
    event: type[EventData]
    hearer: str
    compensates: bool


def edges(app: Choreography) -> tuple[Edge, ...]:
    """Every edge, in the order of the registry, then of the participants. The same application, the same edges."""
    compensating = compensations(app)
    return tuple(
        Edge(sayer, event, hearer, event in compensating)
        for event in app.events.models
        for sayer in sayers(app, event)
        for hearer in _hearers_or_end(app, event)
    )


def sayers(app: Choreography, event: type[EventData]) -> tuple[str, ...]:
    """The participants that say it: `OUTSIDE` first, if it is an input."""
    outside = (OUTSIDE,) if event in app.inputs else ()
    return (*outside, *(one.name for one in app if event in one.says))


def hearers(app: Choreography, event: type[EventData]) -> tuple[str, ...]:
    """The participants that react to it."""
    return tuple(one.name for one in app if event.type in one.hears)


def failures(app: Choreography) -> frozenset[type[EventData]]:
    """The events about which some participant undoes its work."""
    return frozenset(
        event for one in app for event in app.events.models if event.type in one.hears and one.reaction_to(event).undoes
    )


def compensations(app: Choreography) -> frozenset[type[EventData]]:
    """The failures, and the events that only they cause: work was undone, or could not be."""
    said_otherwise: set[type[EventData]] = set(app.inputs)
    said_undoing: set[type[EventData]] = set()
    for participant in app:
        said_otherwise |= set(participant.also_says)
        for reaction in participant.reactions:
            (said_undoing if reaction.undoes else said_otherwise).update(reaction.says)
    return failures(app) | (said_undoing - said_otherwise)


def _hearers_or_end(app: Choreography, event: type[EventData]) -> tuple[str, ...]:
    return (*hearers(app, event), *((END,) if event in app.ends else ()))
