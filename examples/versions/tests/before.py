"""The release before: it knew version 1 only. What it has left in the hub and in the stores must be read today."""

from dataclasses import replace

from examples.versions.app import PRESS
from examples.versions.events import OrderCreated, OrderPrinted
from examples.versions.printing import Job
from quartet import Choreography, Decided, Event, Ignored, Outcome, Participant, Registry, on
from quartet.testing import World

EVENTS = Registry(OrderCreated, OrderPrinted)


async def print_book(event: Event[OrderCreated], job: Job | None, _: None) -> Outcome[Job]:
    if job is not None:
        return Ignored("already printed")
    return Decided(Job(event.data.fingerprint()), (OrderPrinted(order_id=event.data.order_id),), "printed")


PRINTER: Participant[Job, None] = Participant(
    events=EVENTS,
    name="printer",
    database="printer",
    container="jobs",
    state=Job,
    reactions=(on(OrderCreated, print_book, says={OrderPrinted}, creates=True),),
    acts_outside=False,
)
PRESS_BEFORE = Choreography(
    name="press", events=EVENTS, participants=(PRINTER,), ends={OrderPrinted}, inputs=(OrderCreated,)
)


def deployed(before: World, app: Choreography = PRESS) -> World:
    """The release of today on what the one before has left: the hub from its beginning, and the stored records."""
    today = World(app)
    today.hub, today.witness = before.hub.copy(), before.witness.copy()
    for order in before.sagas:
        record = before.stores["printer"].get(order)
        assert record is not None
        today.stores["printer"].put(replace(record, etag=None))
    return today
