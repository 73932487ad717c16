"""Errors of a choreography that show before a run: an event that is not heard, a failure that gets lost."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Final

from pydantic import ValidationError

from quartet.choreography import Choreography
from quartet.engine.declaration.participant import Participant
from quartet.events import OUTSIDE, EventData, UpcastError, explain
from quartet.events.registry import version_of
from quartet.topology.cycles import unbounded_cycles
from quartet.topology.edges import failures, hearers, sayers


def problems(app: Choreography) -> tuple[str, ...]:
    """The problems, one line each, with what to do; nothing if the choreography keeps every rule.

    The rules: every event is said by a participant or comes from outside, as its model says; every event is heard or
    ends a saga; a participant that hears one version hears the others; every failure reaches each participant that may
    have work to undo by then; no cycle of events is without a bound; every event has a sample, and it can be read, also
    as each newer version.
    """
    return tuple(chain.from_iterable(rule(app) for rule in _RULES))


def _unregistered(app: Choreography) -> Iterator[str]:
    for what, events in (("inputs", app.inputs), ("ends", app.ends)):
        for event in sorted(set(events) - set(app.events.models), key=lambda one: one.type):
            yield f"{event.type} is among the {what}, but not in the registry: add it to the registry"
    for one in app:
        mentioned = {*one.says, *(reaction.event for reaction in one.reactions)}
        for event in sorted(mentioned - set(app.events.models), key=lambda event: event.type):
            yield f"{one.name} says or hears {event.type}, which is not in the registry: add it to the registry"


def _unsaid(app: Choreography) -> Iterator[str]:
    for event in app.events.models:
        if not sayers(app, event) and event not in app.events.outdated:
            yield f"{event.type} is said by no participant: name it in a reaction's says, in inputs, or remove it"


def _misattributed(app: Choreography) -> Iterator[str]:
    for event in app.events.models:
        if set(event.said_by) != (says := set(sayers(app, event))) and says:
            names = ", ".join("OUTSIDE" if one == OUTSIDE else repr(one) for one in sayers(app, event))
            yield (
                f"{event.type} says that it is said by {', '.join(event.said_by) or 'every client'}: write "
                f"said_by = ({names}{',' if len(says) == 1 else ''}), or change the reactions or the inputs"
            )


def _unheard(app: Choreography) -> Iterator[str]:
    for event in app.events.models:
        if event not in app.ends and not hearers(app, event):
            yield f"{event.type} is heard by no participant: add a reaction, or name it in ends"


def _versions(app: Choreography) -> Iterator[str]:
    for event in app.events.models:
        name, version = version_of(event.type)
        for one in (one for one in app if event.type not in one.hears):
            heard = sorted(number for known, number in map(version_of, one.hears) if known == name)
            if heard and heard[-1] > version:
                yield (
                    f"{one.name} hears {name}.v{heard[-1]}, and not {event.type}, which the hub may still hold: "
                    "add an upcast to the registry, or a reaction"
                )
            elif heard and sayers(app, event):
                yield f"{one.name} hears {name}.v{heard[-1]}, and not {event.type}, which is said: add a reaction"


def _unreached(app: Choreography) -> Iterator[str]:
    for failure in app.events.models:
        if failure not in failures(app):
            continue
        for failed in (one for one in app if failure in one.says):
            yield from _deaf(app, failure, failed)


def _deaf(app: Choreography, failure: type[EventData], failed: Participant[object, object]) -> Iterator[str]:
    """The participants that may have worked before `failed` fails, and that do not hear of the failure."""
    before = _reached_without(app, failed)
    for one in app:
        if one is failed or failure.type in one.hears or not any(reaction.undoes for reaction in one.reactions):
            continue
        work = [each.event for each in one.reactions if each.creates and not each.undoes and each.event in before]
        if work:
            yield (
                f"{one.name} may have acted on {work[0].type} when {failed.name} says {failure.type}, "
                f"and does not hear it: add on({failure.__name__}, …, undoes=True)"
            )


def _reached_without(app: Choreography, absent: Participant[object, object]) -> frozenset[type[EventData]]:
    """The events that can be said although one participant has said nothing yet."""
    reached = set[type[EventData]](app.inputs)
    waiting = list(app.inputs)
    for one in app:
        if one is not absent:
            waiting += one.also_says
    while waiting:
        event = waiting.pop()
        reached.add(event)
        for one in app:
            if one is not absent and event.type in one.hears:
                waiting += one.reaction_to(event).says - reached
    return frozenset(reached)


def _endless(app: Choreography) -> Iterator[str]:
    for cycle in unbounded_cycles(app):
        around = " → ".join(event.type for event in (*cycle, cycle[0]))
        yield f"events go round in a circle: {around}: break it, or say in bound= of a reaction why it ends"
    if not app.ends:
        yield f"{app.name} names no end: say in ends which events end a saga"


def _samples(app: Choreography) -> Iterator[str]:
    shown = {type(sample) for sample in app.samples}
    for event in app.events.models:
        if event not in shown:
            yield f"{event.type} has no sample: add one to samples"
    for sample in app.samples:
        if type(sample) not in app.events.models:
            yield f"{sample.type} has a sample, but is not in the registry: add it to the registry"
        elif problem := _unreadable(app, sample):
            yield f"the sample of {sample.type} cannot be read: {problem}"


def _unreadable(app: Choreography, sample: EventData) -> str | None:
    try:
        again = type(sample).model_validate(sample.to_json())
        newest = again
        for step in app.events.newer(type(sample)):
            newest = step.apply(newest)
    except ValidationError as error:
        return explain(error)
    except UpcastError as error:
        return str(error)
    return None if again == sample else "what is read is not what was written"


_RULES: Final[tuple[Callable[[Choreography], Iterator[str]], ...]] = (
    _unregistered, _unsaid, _misattributed, _unheard, _versions, _unreached, _endless, _samples,
)  # fmt: skip
