"""The printer: has a handler for the newest version of the order only. Older ones are upcast for it."""

from dataclasses import dataclass

from examples.versions.events import EVENTS, OrderCreatedV3, OrderPrintedV2
from quartet import Decided, Event, Ignored, Outcome, Participant, Rejected, on


@dataclass(frozen=True, slots=True)
class Job:
    """What the printer knows of an order: the fingerprint of what was ordered first."""

    fingerprint: str


async def print_books(event: Event[OrderCreatedV3], job: Job | None, _: None) -> Outcome[Job]:
    """Print it once. The first order of an id wins, and the same data again is a duplicate, in whichever version."""
    order = event.data
    if job is None:
        copies = sum(book.copies for book in order.books)
        return Decided(Job(order.fingerprint()), (OrderPrintedV2(order_id=order.order_id, copies=copies),), "printed")
    if EVENTS.repeats(event, job.fingerprint):
        return Ignored("already printed")
    return Rejected("order_conflict", "another order has this id")


PRINTER: Participant[Job, None] = Participant(
    events=EVENTS,
    name="printer",
    database="printer",
    container="jobs",
    state=Job,
    reactions=(on(OrderCreatedV3, print_books, says={OrderPrintedV2}, creates=True),),
    acts_outside=False,
)
