"""Payment: takes the money once everything is booked. It hears of every part, so it also says how the trip ends."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from examples.trip.events import (
    EVENTS,
    PARTS,
    PartBooked,
    PartFailed,
    PartUndone,
    PaymentFailed,
    TripBooked,
    TripCancellationRequested,
    TripCancelled,
    TripRequested,
)
from examples.trip.provider import Provider, Sold
from quartet import ContainerSpec, Decided, Event, Ignored, Outcome, Participant, on


class Status(StrEnum):
    """How far the payment is. The last two are final."""

    WAITING = "waiting"
    FAILED = "failed"
    PAID = "paid"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Payment:
    """What payment knows of a trip.

    Attributes:
        card, currency: empty until the request is known.
        prices: of the parts that were booked.
        gone: the parts that will never be booked, or are not any more.
        reason: why the trip fails.
    """

    status: Status = Status.WAITING
    card: str = ""
    currency: str = ""
    prices: dict[str, Decimal] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    reason: str = ""


async def note_request(event: Event[TripRequested], known: Payment | None, bank: Provider) -> Outcome[Payment]:
    """Remember the card."""
    payment = replace(known or Payment(), card=event.data.card, currency=event.data.currency)
    return await _charge_when_complete(event.data.trip_id, payment, bank)


async def note_booked(event: Event[PartBooked], known: Payment | None, bank: Provider) -> Outcome[Payment]:
    """Remember the price; charge if it was the last one."""
    payment = known or Payment()
    payment = replace(payment, prices={**payment.prices, event.data.part: event.data.price})
    return await _charge_when_complete(event.data.trip_id, payment, bank)


async def note_gone(
    event: Event[PartFailed | PartUndone],
    known: Payment | None,
    bank: Provider,  # noqa: ARG001 -- as long as a part has failed there was no charge; who cancels voids it
) -> Outcome[Payment]:
    """A part has failed or was undone: nothing will be paid. When all are gone, the trip has ended."""
    payment = known or Payment()
    reason = payment.reason or (event.data.reason if isinstance(event.data, PartFailed) else "")
    gone = tuple(sorted({*payment.gone, event.data.part}))
    payment = replace(payment, status=Status.FAILED, gone=gone, reason=reason)
    if len(gone) < len(PARTS):
        return Decided(payment, (), "gone")
    said = TripCancelled(trip_id=event.data.trip_id, reason=reason or "cancelled")
    return Decided(replace(payment, status=Status.CANCELLED), (said,), "cancelled")


async def cancel(event: Event[TripCancellationRequested], known: Payment | None, bank: Provider) -> Outcome[Payment]:
    """Fail the trip, unless it is paid or has failed."""
    return await _give_up(event.data.trip_id, known or Payment(), bank, "traveller")


async def give_up_charging(
    event: Event[TripRequested | PartBooked], known: Payment | None, bank: Provider
) -> Outcome[Payment]:
    """The bank does not answer: make sure that it takes nothing."""
    return await _give_up(event.data.trip_id, known or Payment(), bank, "no_answer")


async def _charge_when_complete(trip_id: str, payment: Payment, bank: Provider) -> Outcome[Payment]:
    if payment.status is not Status.WAITING or not payment.card or len(payment.prices) < len(PARTS):
        return Decided(payment, (), "noted")
    total = sum(payment.prices.values(), start=Decimal(0))
    if not isinstance(await bank.buy(trip_id, payment.card, total), Sold):
        return _fail(trip_id, payment, "declined")
    said = TripBooked(trip_id=trip_id, currency=payment.currency, total=total)
    return Decided(replace(payment, status=Status.PAID), (said,), "paid")


async def _give_up(trip_id: str, payment: Payment, bank: Provider, reason: str) -> Outcome[Payment]:
    if payment.status is not Status.WAITING:
        return Ignored(f"already {payment.status}")
    await bank.cancel(trip_id)
    return _fail(trip_id, payment, reason)


def _fail(trip_id: str, payment: Payment, reason: str) -> Decided[Payment]:
    said = PaymentFailed(trip_id=trip_id, reason=reason)
    return Decided(replace(payment, status=Status.FAILED, reason=reason), (said,), reason)


_CHARGE = (TripBooked, PaymentFailed)

PAYMENT = Participant(
    events=EVENTS,
    name="payment",
    database="payments",
    container="payments",
    state=Payment,
    reactions=(
        on(TripRequested, note_request, says=_CHARGE, fallback=give_up_charging, creates=True),
        on(PartBooked, note_booked, says=_CHARGE, fallback=give_up_charging),
        on(PartFailed, note_gone, says={TripCancelled}),
        on(PartUndone, note_gone, says={TripCancelled}),
        on(TripCancellationRequested, cancel, says={PaymentFailed}),
    ),
    containers=(ContainerSpec("provider-book"),),
)
