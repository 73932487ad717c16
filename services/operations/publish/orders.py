"""Orders and requests to cancel them, as events to publish."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import ValidationError

from quartet.cli.publish import outgoing
from quartet.cli.publish.outgoing import SOURCE, Outgoing
from quartet.events import explain, legacy_derived_id, new_event, to_json
from quartet.terminal.files import Entry
from quartet.terminal.user_error import UserError
from shared.events import REGISTRY, CancellationReason, OrderCancellationRequested, OrderCreated


def cancellation_event(order_id: str, detail: str, now: datetime) -> Outgoing:
    """A customer's request to cancel an order.

    The id is derived from the order alone: shipping decides once, so asking again is the same request said again.
    It is answered by the recorded answer, also if the publisher repeats it because a connection broke.

    Raises:
        UserError: the order id has not the form of one.
    """
    try:
        data = OrderCancellationRequested(order_id=order_id, reason=CancellationReason.CUSTOMER, detail=detail)
    except ValidationError as error:
        raise UserError(explain(error)) from error
    event_id = legacy_derived_id(order_id, data.type, SOURCE)
    return Outgoing(order_id, to_json(new_event(data, source=SOURCE, time=now, id=event_id)))


def read_events(entries: Sequence[Entry], now: datetime) -> list[Outgoing]:
    """The orders, and other events of the shop, that entries stand for. Raises as `outgoing.read_events` does."""
    return outgoing.read_events(entries, now, REGISTRY, OrderCreated)


def wrap_events(entries: Sequence[Entry], now: datetime) -> list[Outgoing]:
    """The same without any check. Raises as `outgoing.wrap_events` does."""
    return outgoing.wrap_events(entries, now, OrderCreated)
