"""Cycles of events: an event that leads to itself again may never end."""

from quartet.choreography import Choreography
from quartet.events import EventData
from quartet.topology.edges import hearers


def unbounded_cycles(app: Choreography) -> tuple[tuple[type[EventData], ...], ...]:
    """The cycles on whose way no reaction says why it ends, each from its first event in the registry."""
    cycles: list[tuple[type[EventData], ...]] = []
    in_a_cycle: set[type[EventData]] = set()
    for event in app.events.models:
        if event not in in_a_cycle and (cycle := _back_to(app, event)):
            cycles.append(cycle)
            in_a_cycle.update(cycle)
    return tuple(cycles)


def _back_to(app: Choreography, start: type[EventData]) -> tuple[type[EventData], ...]:
    """A shortest way of events from one back to itself; nothing if there is none."""
    ways: list[tuple[type[EventData], ...]] = [(start,)]
    seen: set[type[EventData]] = set()
    for way in ways:  # it grows while it is read: a breadth-first search
        for following in _following(app, way[-1]):
            if following is start:
                return way
            if following not in seen:
                seen.add(following)
                ways.append((*way, following))
    return ()


def _following(app: Choreography, event: type[EventData]) -> list[type[EventData]]:
    reactions = (app.participant(name).reaction_to(event) for name in hearers(app, event))
    said = {said for reaction in reactions if not reaction.bound for said in reaction.says}
    return sorted(said, key=lambda one: one.type)
