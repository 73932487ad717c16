"""What a participant does about one event: one line of its table."""

from collections.abc import Awaitable, Callable
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
        fallback: what to do instead when the handler's retries are used up, so that the saga ends. Without one, the
            event becomes a dead letter.
        creates: whether the event usually finds no state. The runtime then spares the read, and counts on the create
            to fail if there was one after all.
    """

    event: type[EventData]
    # A table holds handlers of many events, so the event's type is erased here. `on` has checked it.
    handler: Callable[[Event[Any], S | None, P_contra], Awaitable[Outcome[S]]]
    fallback: Callable[[Event[Any], S | None, P_contra], Awaitable[Outcome[S]]] | None = None
    creates: bool = False


def on(
    event: type[D],
    handler: Callable[[Event[D], S | None, P_contra], Awaitable[Outcome[S]]],
    *,
    fallback: Callable[[Event[D], S | None, P_contra], Awaitable[Outcome[S]]] | None = None,
    creates: bool = False,
) -> Reaction[S, P_contra]:
    """What a participant does about `event`; see `Reaction`.

    Handler and fallback take this event or a base of it, the participant's state and its ports. mypy refuses others.
    """
    return Reaction(event, handler, fallback, creates)
