"""The order saga as one function: what comes next, and what is undone when a step is refused.

It is replayed from its history after every step, so it must decide by its arguments and by what its tasks return, and
by nothing else: no clock but `ctx.current_utc_datetime`, no setting, no id that is made by chance.

Every step is an activity. It takes events and returns what the participant has said about them: the same events that
the services say to each other in the choreography, with the same ids. An activity may run more than once.
"""

from collections.abc import Generator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias, TypeVar

from durabletask.task import OrchestrationContext, Task, TaskFailedError, when_any

from quartet.engine.records.record import Json
from quartet.events import EventData, legacy_derived_id, new_event, service_source, to_json
from services.order.domain import Order, cancellation_for
from shared.events import (
    CompensationFailed,
    InventoryReleased,
    InventoryReservationFailed,
    InventoryReserved,
    OrderCancellationRequested,
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderShipped,
    PaymentCompleted,
    PaymentFailed,
    PaymentRefunded,
    PaymentVoided,
    ShippingFailed,
)

R = TypeVar("R")
Steps: TypeAlias = Generator[Task[Any], Any, R]

RESERVE_STOCK, RELEASE_STOCK, SHIP_STOCK = "reserve_stock", "release_stock", "ship_stock"
CHARGE_PAYMENT, REFUND_PAYMENT = "charge_payment", "refund_payment"
SHIP_ORDER, NEVER_SHIP = "ship_order", "never_ship"
NOTE_FACTS: Final = "note_facts"

PLACED: Final = OrderCreated.type
CANCEL: Final = OrderCancellationRequested.type
RETRY: Final = "retry"
"""The external events that a saga hears: the order itself, a request to cancel it, and a person who has helped."""

_REFUSALS: Final = frozenset({InventoryReservationFailed.type, PaymentFailed.type, ShippingFailed.type})
_ENDS: Final = frozenset({OrderCompleted.type, OrderCancelled.type})
_UNDONE: Final = {
    RELEASE_STOCK: (InventoryReleased, InventoryReservationFailed),
    REFUND_PAYMENT: (PaymentRefunded, PaymentVoided, PaymentFailed),
}
"""What is said when a compensation is done, or when there was nothing to undo."""
_FIRST_PAUSE: Final = timedelta(seconds=2)
_LONGEST_PAUSE: Final = timedelta(hours=1)


class RefusedError(Exception):
    """A step was refused: what was done before it must be undone.

    Attributes:
        said: the event that says so.
    """

    def __init__(self, said: Json) -> None:
        super().__init__(said["type"])
        self.said = said


def order_saga(ctx: OrchestrationContext, first: Json) -> Steps[str]:
    """One order, from `OrderCreated` to its end. Returns the type of its last event.

    Args:
        ctx: of the orchestration. Its instance id is the order id.
        first: the event that began it, which may be a request to cancel it: `{"event": …, "deadline": …}`.
    """
    saga = _Saga(ctx)
    placed = yield from saga.until_placed(first)
    yield from saga.call(NOTE_FACTS, placed)
    try:
        reserved = yield from saga.do(RESERVE_STOCK, placed, InventoryReserved, undone_by=RELEASE_STOCK)
        yield from saga.check_that_it_is_wanted()
        paid = yield from saga.do(CHARGE_PAYMENT, reserved, PaymentCompleted, undone_by=REFUND_PAYMENT)
        yield from saga.check_that_it_is_wanted()
        shipped = yield from saga.do(SHIP_ORDER, paid, OrderShipped)
    except RefusedError as refused:
        yield from saga.undo_all(refused.said)
    else:
        # There is no way back from here. A request to cancel that comes now is answered: it has shipped.
        yield from saga.call(SHIP_STOCK, shipped)
        yield from saga.reject_cancellation()
    return (yield from saga.close())


class _Saga:
    """What one run of the saga knows: above all what the participants have said, and what may have to be undone."""

    def __init__(self, ctx: OrchestrationContext) -> None:
        self._ctx = ctx
        self._facts: dict[str, Json] = {}
        self._cancelled: Task[Json] = ctx.wait_for_external_event(CANCEL)
        self._retry: Task[Any] = ctx.wait_for_external_event(RETRY)
        self._undo: dict[str, list[Json]] = {}
        self._cancel: Json | None = None
        self._deadline = datetime.max.replace(tzinfo=UTC)

    def until_placed(self, first: Json) -> Steps[Json]:
        """The `OrderCreated`, which may come after a request to cancel the order."""
        if first["event"]["type"] == CANCEL:
            self._cancel = first["event"]
            first = yield self._ctx.wait_for_external_event(PLACED)
        self._deadline = datetime.fromisoformat(first["deadline"])
        placed: Json = first["event"]
        return placed

    def do(self, activity: str, event: Json, says: type[EventData], undone_by: str = "") -> Steps[Json]:
        """Do a step, and return the event that says that it is done: the input of the next step.

        Its compensation is noted before it is done: a charge whose answer is lost was made nevertheless. What
        cannot be undone is not given up either.

        Raises:
            RefusedError: it was refused, or it failed and the order is no longer wanted.
        """
        if undone_by:
            # Told once more, the participant finds what it has done, or does it now: its undoing comes after it.
            self._undo[undone_by] = [event]
        said = yield from self.call(activity, event, give_up=bool(undone_by))
        for one in said:
            if one["type"] in _REFUSALS:
                raise RefusedError(one)
        done = [one for one in said if one["type"] == says.type]
        if not done:
            # It promised an earlier run of this saga never to do this. Shipping promised before it, and says why.
            self._cancel = self._cancellation() or self._request_of_deadline()
            yield from self.check_that_it_is_wanted()
        return done[0]

    def check_that_it_is_wanted(self) -> Steps[None]:
        """Stop here if the customer has cancelled, or if the deadline has passed.

        Raises:
            RefusedError: it was, and shipping has promised never to ship.
        """
        request = self._cancellation()
        if request is None:
            return
        said = yield from self.call(NEVER_SHIP, request)
        for one in said:
            if one["type"] == ShippingFailed.type:
                # If payment has heard nothing yet, it promises never to charge.
                self._undo.setdefault(REFUND_PAYMENT, [])
                raise RefusedError(one)
        # It had shipped before, in an earlier run of this saga. The steps to come find what was done.

    def reject_cancellation(self) -> Steps[None]:
        """Let shipping answer a request to cancel that has come too late."""
        if self._cancelled.is_complete:
            yield from self.call(NEVER_SHIP, self._cancelled.get_result()["event"])

    def undo_all(self, refused: Json) -> Steps[None]:
        """Undo what may have been done. One compensation that fails holds up no other, and is tried until it works."""
        pause = _FIRST_PAUSE
        while True:
            for activity in self._owed:
                try:
                    said: list[Json] = yield self._activity(activity, *self._undo[activity], refused)
                    self._note(said)
                except TaskFailedError as error:
                    self._status(activity, error)
            if not self._owed:
                return
            if self._has_said(CompensationFailed):
                yield from self.call(NOTE_FACTS, *self._facts.values())  # a person sees that the order needs attention
            yield from self._wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    @property
    def _owed(self) -> list[str]:
        """The compensations that are neither done nor found to be needless; the last step's is the first."""
        return [activity for activity in reversed(self._undo) if not self._has_said(*_UNDONE[activity])]

    def _has_said(self, *types: type[EventData]) -> bool:
        names = {one.type for one in types}
        return any(fact["type"] in names for fact in self._facts.values())

    def _note(self, said: Sequence[Json]) -> None:
        self._facts |= {one["id"]: one for one in said}

    def close(self) -> Steps[str]:
        """Tell the order's own record what has happened. It says how the saga has ended."""
        said = yield from self.call(NOTE_FACTS, *self._facts.values())
        self._ctx.set_custom_status("ended")
        ends: list[str] = [one["type"] for one in said if one["type"] in _ENDS]
        if not ends:
            known = ", ".join(fact["type"] for fact in self._facts.values())
            raise AssertionError(f"{self._ctx.instance_id} has not ended by {known}")
        return ends[-1]

    def call(self, activity: str, *events: Json, give_up: bool = False) -> Steps[list[Json]]:
        """Run an activity until it succeeds.

        What fails is a bug or a server that refuses, not a refusal of the business: that is an answer. It is tried
        again after a pause that grows, or when a person says `retry`.

        Raises:
            RefusedError: with `give_up`, if the order is no longer wanted while the step fails.
            TaskFailedError: the event must not have an effect: another order has this id. The saga fails, and has
                changed nothing.
        """
        pause = _FIRST_PAUSE
        while True:
            try:
                said: list[Json] = yield self._activity(activity, *events)
            except TaskFailedError as error:
                if error.details.is_caused_by("StepRejectedError"):
                    raise
                self._status(activity, error)
                yield from self._wait(pause, *([self._cancelled] if give_up else []))
                pause = min(2 * pause, _LONGEST_PAUSE)
                if give_up:
                    yield from self.check_that_it_is_wanted()
            else:
                self._note(said)
                return said

    def _activity(self, activity: str, *events: Json) -> Task[list[Json]]:
        self._ctx.set_custom_status(activity)
        return self._ctx.call_activity(activity, input=list(events))

    def _status(self, activity: str, error: TaskFailedError) -> None:
        self._ctx.set_custom_status(f"{activity} failed and will be tried again: {error.details.message}")

    def _wait(self, pause: timedelta, *others: Task[Any]) -> Steps[None]:
        """Wait for a while, or until a person says `retry`, or one of the others comes."""
        timer = self._ctx.create_timer(pause)
        yield when_any([timer, self._retry, *(other for other in others if not other.is_complete)])
        if self._retry.is_complete:
            self._retry = self._ctx.wait_for_external_event(RETRY)

    def _cancellation(self) -> Json | None:
        """The request to cancel, by the customer or since the deadline has passed."""
        if self._cancel is None and self._cancelled.is_complete:
            self._cancel = self._cancelled.get_result()["event"]
        if self._cancel is None and self._deadline <= self._now:
            self._cancel = self._request_of_deadline()
        return self._cancel

    def _request_of_deadline(self) -> Json:
        """The request that the deadline watch of the choreography makes; it has the same id."""
        data = cancellation_for(Order(self._ctx.instance_id, deadline=self._deadline))
        event_id = legacy_derived_id(data.order_id, data.type, "deadline")
        return to_json(new_event(data, source=service_source("order"), time=self._now, id=event_id))

    @property
    def _now(self) -> datetime:
        return self._ctx.current_utc_datetime.replace(tzinfo=UTC)
