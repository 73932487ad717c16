"""Flight, hotel and car: three participants that book one part of the trip each, by one set of rules.

A part is undone as soon as any other part fails. News of that may come before the request itself: the part then
remembers that it must never book. Without that memory, the request would book what nobody will ever undo.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

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
    TripRequested,
    Undone,
)
from examples.trip.provider import Cancelled, Provider, Refused, Sold
from quartet import Decided, Event, Ignored, Outcome, Participant, on

PRICES = {"flight": Decimal(210), "hotel": Decimal(340), "car": Decimal(95)}
FAILURES: tuple[type[Failed], ...] = (FlightFailed, HotelFailed, CarFailed, PaymentFailed)


class Status(StrEnum):
    """How far a part is."""

    BOOKED = "booked"
    FAILED = "failed"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Booking:
    """What is known of one part of a trip."""

    status: Status
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a trip, and what is said of it."""

    name: str
    booked: type[Booked]
    failed: type[Failed]
    undone: type[Undone]

    async def book(self, event: Event[TripRequested], known: Booking | None, provider: Provider) -> Outcome[Booking]:
        """Book it, unless it was booked, refused or undone before."""
        if known is not None:
            return Ignored(f"already {known.status}")
        trip, price = event.data, PRICES[self.name]
        match await provider.buy(f"{self.name}-{trip.trip_id}", getattr(trip, self.name), price):
            case Sold(reference, price):
                said = self.booked(trip_id=trip.trip_id, reference=reference, currency=trip.currency, price=price)
                return Decided(Booking(Status.BOOKED, reference), (said,), "booked")
            case Refused():
                return self._fail(trip.trip_id, "not_available")
            case Cancelled():
                # Whoever cancelled it has died before it was recorded.
                return self._fail(trip.trip_id, "cancelled")

    async def give_up(self, event: Event[TripRequested], known: Booking | None, provider: Provider) -> Outcome[Booking]:
        """The provider does not answer: make sure that nothing is booked, and call it a failure."""
        if known is not None:
            return Ignored(f"already {known.status}")
        await provider.cancel(f"{self.name}-{event.data.trip_id}")
        return self._fail(event.data.trip_id, "no_answer")

    async def undo(self, event: Event[Failed], known: Booking | None, provider: Provider) -> Outcome[Booking]:
        """Cancel it, whether it was booked or not: it must not be booked from now on either."""
        if known is not None and known.status is not Status.BOOKED:
            return Ignored(f"already {known.status}")
        await provider.cancel(f"{self.name}-{event.data.trip_id}")
        return Decided(Booking(Status.UNDONE), (self.undone(trip_id=event.data.trip_id),), "undone")

    def _fail(self, trip_id: str, reason: str) -> Decided[Booking]:
        return Decided(Booking(Status.FAILED), (self.failed(trip_id=trip_id, reason=reason),), reason)

    def participant(self) -> Participant[Booking, Provider]:
        """The participant that books this part."""
        others = [failure for failure in FAILURES if failure is not self.failed]
        return Participant(
            events=EVENTS,
            name=self.name,
            database=f"{self.name}s",
            container="bookings",
            state=Booking,
            reactions=(
                on(TripRequested, self.book, says={self.booked, self.failed}, fallback=self.give_up, creates=True),
                *(on(failure, self.undo, says={self.undone}, undoes=True) for failure in others),
            ),
        )


FLIGHT = Part("flight", FlightBooked, FlightFailed, FlightUndone)
HOTEL = Part("hotel", HotelBooked, HotelFailed, HotelUndone)
CAR = Part("car", CarBooked, CarFailed, CarUndone)
