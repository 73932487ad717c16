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
from examples.trip.provider import Answer, Provider, Refused, Sold
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


async def charge(event: Event[TripRequested | PartBooked], known: Payment | None, bank: Provider) -> Outcome[Payment]:
    """Note the card or the price; charge if it was the last thing that was missing."""
    payment = _noted(event.data, known or Payment())
    if payment.status is not Status.WAITING or not payment.card or len(payment.prices) < len(PARTS):
        return Decided(payment, (), "noted")
    total = sum(payment.prices.values(), start=Decimal(0))
    return _settle(event.data.trip_id, payment, await bank.buy(event.data.trip_id, payment.card, total))


async def give_up(event: Event[TripRequested | PartBooked], known: Payment | None, bank: Provider) -> Outcome[Payment]:
    """The bank does not answer: make sure that it takes nothing any more, and say what it has taken."""
    payment = _noted(event.data, known or Payment())
    if payment.status is not Status.WAITING:
        return Decided(payment, (), "noted")
    return _settle(event.data.trip_id, payment, await bank.refuse(event.data.trip_id, "no_answer"))


async def cancel(event: Event[TripCancellationRequested], known: Payment | None, bank: Provider) -> Outcome[Payment]:
    """Fail the trip, unless it is paid or has failed."""
    payment = known or Payment()
    if payment.status is not Status.WAITING:
        return Ignored(f"already {payment.status}")
    answer = await bank.refuse(event.data.trip_id, "traveller")
    # Another process is about to record it, or has died: then what it was handling comes again.
    return Ignored("already paid") if isinstance(answer, Sold) else _settle(event.data.trip_id, payment, answer)


async def note_gone(
    event: Event[PartFailed | PartUndone],
    known: Payment | None,
    bank: Provider,  # noqa: ARG001 -- as long as a part has failed there was no charge
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


def _noted(news: TripRequested | PartBooked, payment: Payment) -> Payment:
    if isinstance(news, TripRequested):
        return replace(payment, card=news.card, currency=news.currency)
    return replace(payment, prices={**payment.prices, news.part: news.price})


def _settle(trip_id: str, payment: Payment, answer: Answer) -> Decided[Payment]:
    match answer:
        case Sold(_, total):
            booked = TripBooked(trip_id=trip_id, currency=payment.currency, total=total)
            return Decided(replace(payment, status=Status.PAID), (booked,), "paid")
        case Refused(reason):
            failed = PaymentFailed(trip_id=trip_id, reason=reason)
            return Decided(replace(payment, status=Status.FAILED, reason=reason), (failed,), reason)


_CHARGE = (TripBooked, PaymentFailed)

PAYMENT = Participant(
    events=EVENTS,
    name="payment",
    database="payments",
    container="payments",
    state=Payment,
    reactions=(
        on(TripRequested, charge, says=_CHARGE, fallback=give_up, creates=True),
        on(PartBooked, charge, says=_CHARGE, fallback=give_up),
        on(PartFailed, note_gone, says={TripCancelled}),
        on(PartUndone, note_gone, says={TripCancelled}),
        on(TripCancellationRequested, cancel, says={PaymentFailed}),
    ),
    containers=(ContainerSpec("provider-book"),),
)
