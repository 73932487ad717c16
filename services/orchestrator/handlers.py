"""What the orchestrator does about an event in the hub: it begins a saga, or passes the event on to it.

It keeps no state of its own. The scheduler knows every saga, and refuses to begin one twice.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from quartet import Ignored, Outcome, Rejected
from quartet.engine.records.record import Json
from quartet.events import Event, from_json
from services.orchestrator.saga import CANCEL, PLACED
from shared.events import REGISTRY, OrderCancellationRequested, OrderCreated


class Sagas(Protocol):
    """The port: the sagas in the scheduler."""

    async def begin(self, event: Event[Any]) -> Json | None:
        """Begin the saga of this event, unless it was begun before. Returns the event that began it before, if any.

        Raises:
            OutageError: the scheduler does not answer.
        """
        ...

    async def pass_on(self, name: str, event: Event[Any]) -> None:
        """Let a running saga hear an event. A saga that has ended hears nothing. Raises as `begin` does."""
        ...


@dataclass(frozen=True, slots=True)
class Nothing:
    """The state of the orchestrator. None is ever written."""


async def begin_saga(
    event: Event[OrderCreated],
    state: Nothing | None,  # noqa: ARG001 -- every handler has this signature
    sagas: Sagas,
) -> Outcome[Nothing]:
    """Begin the saga, or tell the one that a request to cancel has begun. The first order of an id counts."""
    began = await sagas.begin(event)
    if began is None:
        return Ignored("begun")
    if began["type"] == CANCEL:
        await sagas.pass_on(PLACED, event)
        return Ignored("passed on to its saga")
    if from_json(began, REGISTRY).data.fingerprint() == event.data.fingerprint():
        return Ignored("duplicate")
    return Rejected("conflicting_order", f"order {event.saga_id} was placed before with other data")


async def cancel_saga(
    event: Event[OrderCancellationRequested],
    state: Nothing | None,  # noqa: ARG001 -- every handler has this signature
    sagas: Sagas,
) -> Outcome[Nothing]:
    """Let the saga know. If there is none yet, it begins with the request, and waits for the order."""
    if await sagas.begin(event) is None:
        return Ignored("begun")
    await sagas.pass_on(CANCEL, event)
    return Ignored("passed on to its saga")
