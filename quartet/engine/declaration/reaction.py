"""The reaction of a participant to one event: one line of its table."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from quartet.engine.declaration.outcome import Outcome
from quartet.events import Event, EventData

D = TypeVar("D", bound=EventData)
S = TypeVar("S")
# What needs less of its ports can stand where more is given.
P_contra = TypeVar("P_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Reaction(Generic[S, P_contra]):
    """One event and what follows from it. Make it with `on`, which checks that the parts fit each other.

    Attributes:
        event: the model of the event.
        handler: what to do about it.
        says: the types of events that handler and fallback may answer with.
        fallback: what to do instead when the handler's retries are used up, so that the saga ends. Without one, the
            event becomes a dead letter.
        creates: whether the event usually finds no state. The runtime then spares the read, and counts on the create
            to fail if there was one after all.
        undoes: whether it undoes the participant's own work, so that the event is news of a failure. `quartet check`
            proves that such news reaches each participant that may have work to undo.
        bound: why a cycle of events through this reaction ends, in words; empty if it is in none.
    """

    event: type[EventData]
    # A table holds handlers of many events, so the event's type is erased here. `on` has checked it.
    handler: Callable[[Event[Any], S | None, P_contra], Awaitable[Outcome[S]]]
    says: frozenset[type[EventData]]
    fallback: Callable[[Event[Any], S | None, P_contra], Awaitable[Outcome[S]]] | None = None
    creates: bool = False
    undoes: bool = False
    bound: str = ""


def on(
    event: type[D],
    handler: Callable[[Event[D], S | None, P_contra], Awaitable[Outcome[S]]],
    *,
    says: Collection[type[EventData]] = (),
    fallback: Callable[[Event[D], S | None, P_contra], Awaitable[Outcome[S]]] | None = None,
    creates: bool = False,
    undoes: bool = False,
    bound: str = "",
) -> Reaction[S, P_contra]:
    """What a participant does about `event`; see `Reaction`.

    Handler and fallback take this event or a base of it, the participant's state and its ports. mypy refuses others.
    """
    return Reaction(event, handler, frozenset(says), fallback, creates, undoes, bound)
