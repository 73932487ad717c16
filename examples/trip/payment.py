"""Payment: takes the money once everything is booked. It hears of every part, so it also says how the trip ends."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from examples.trip.events import (
    EVENTS,
    Booked,
    CarBooked,
    CarFailed,
    CarUndone,
    Failed,
    FlightBooked,
    FlightFailed,
    FlightUndone,
    HotelBooked,
    HotelFailed,
    HotelUndone,
    PaymentFailed,
    TripBooked,
    TripCancellationRequested,
    TripCancelled,
    TripEvent,
    TripRequested,
)
from examples.trip.provider import Provider, Sold
from quartet import Decided, Event, Ignored, Outcome, Participant, on

_PARTS = ("Flight", "Hotel", "Car")


class Status(StrEnum):
    """How far the payment is."""

    WAITING = "waiting"
    PAID = "paid"
    FAILED = "failed"
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


async def note_booked(event: Event[Booked], known: Payment | None, bank: Provider) -> Outcome[Payment]:
    """Remember the price; charge if it was the last one."""
    payment = known or Payment()
    payment = replace(payment, prices={**payment.prices, _part(event): event.data.price})
    return await _charge_when_complete(event.data.trip_id, payment, bank)


async def note_gone(event: Event[TripEvent], known: Payment | None, bank: Provider) -> Outcome[Payment]:
    """A part has failed or was undone: nothing will be paid. When all are gone, the trip has ended."""
    del bank  # As long as a part has failed there was no charge; a cancelled one is voided by whoever says so.
    payment = known or Payment()
    reason = payment.reason or (event.data.reason if isinstance(event.data, Failed) else "")
    gone = tuple(sorted({*payment.gone, _part(event)}))
    payment = replace(payment, status=Status.FAILED, gone=gone, reason=reason)
    if len(gone) < len(_PARTS):
        return Decided(payment, (), "gone")
    said = TripCancelled(trip_id=event.data.trip_id, reason=reason or "cancelled")
    return Decided(replace(payment, status=Status.CANCELLED), (said,), "cancelled")


async def cancel(event: Event[TripCancellationRequested], known: Payment | None, bank: Provider) -> Outcome[Payment]:
    """Fail the trip, unless it is paid or has failed."""
    payment = known or Payment()
    if payment.status is not Status.WAITING:
        return Ignored(f"already {payment.status}")
    await bank.cancel(f"payment-{event.data.trip_id}")
    return _fail(event.data.trip_id, payment, "traveller")


async def give_up_charging(event: Event[TripEvent], known: Payment | None, bank: Provider) -> Outcome[Payment]:
    """The bank does not answer: make sure that it takes nothing."""
    payment = known or Payment()
    if payment.status is not Status.WAITING:
        return Ignored(f"already {payment.status}")
    await bank.cancel(f"payment-{event.data.trip_id}")
    return _fail(event.data.trip_id, payment, "no_answer")


async def _charge_when_complete(trip_id: str, payment: Payment, bank: Provider) -> Outcome[Payment]:
    if payment.status is not Status.WAITING:
        return Decided(payment, (), "noted")
    if not payment.card or len(payment.prices) < len(_PARTS):
        return Decided(payment, (), "noted")
    total = sum(payment.prices.values(), start=Decimal(0))
    if not isinstance(await bank.buy(f"payment-{trip_id}", payment.card, total), Sold):
        return _fail(trip_id, payment, "declined")
    said = TripBooked(trip_id=trip_id, currency=payment.currency, total=total)
    return Decided(replace(payment, status=Status.PAID), (said,), "paid")


def _fail(trip_id: str, payment: Payment, reason: str) -> Decided[Payment]:
    said = PaymentFailed(trip_id=trip_id, reason=reason)
    return Decided(replace(payment, status=Status.FAILED, reason=reason), (said,), reason)


def _part(event: Event[Any]) -> str:
    return next(part for part in _PARTS if event.type.startswith(part))


_BOOKED = (FlightBooked, HotelBooked, CarBooked)
_GONE = (FlightFailed, HotelFailed, CarFailed, FlightUndone, HotelUndone, CarUndone)
_CHARGE = (TripBooked, PaymentFailed)

PAYMENT = Participant(
    events=EVENTS,
    name="payment",
    database="payments",
    container="payments",
    state=Payment,
    reactions=(
        on(TripRequested, note_request, says=_CHARGE, fallback=give_up_charging, creates=True),
        *(on(booked, note_booked, says=_CHARGE, fallback=give_up_charging) for booked in _BOOKED),
        *(on(gone, note_gone, says={TripCancelled}) for gone in _GONE),
        on(TripCancellationRequested, cancel, says={PaymentFailed}),
    ),
)
