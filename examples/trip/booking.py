"""Flight, hotel and car: three participants that book one part of the trip each, by one set of rules.

A part is undone as soon as anything else fails. News of that may come before the request itself: the part then
remembers that it must never book. Without that memory, the request would book what no participant will ever undo.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from examples.trip.events import (
    EVENTS,
    PartBooked,
    PartFailed,
    PartName,
    PartUndone,
    PaymentFailed,
    TripRequested,
)
from examples.trip.provider import Answer, Provider, Refused, Sold
from quartet import ContainerSpec, Decided, Event, Ignored, Outcome, Participant, on


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
class Desk:
    """Who books one part of a trip."""

    part: PartName
    price: Decimal

    async def book(self, event: Event[TripRequested], known: Booking | None, provider: Provider) -> Outcome[Booking]:
        """Book it, unless it was booked, refused or undone before."""
        if known is not None:
            return Ignored(f"already {known.status}")
        trip = event.data
        wish = {"flight": trip.flight, "hotel": trip.hotel, "car": trip.car}[self.part]
        return self._decide(trip, await provider.buy(trip.trip_id, wish, self.price))

    async def give_up(self, event: Event[TripRequested], known: Booking | None, provider: Provider) -> Outcome[Booking]:
        """The provider does not answer: make sure that nothing is booked any more, and say what was."""
        if known is not None:
            return Ignored(f"already {known.status}")
        return self._decide(event.data, await provider.refuse(event.data.trip_id, "no_answer"))

    async def undo(
        self, event: Event[PartFailed | PaymentFailed], known: Booking | None, provider: Provider
    ) -> Outcome[Booking]:
        """Cancel it, whether it was booked or not: it must not be booked from now on either."""
        if known is not None and known.status is not Status.BOOKED:
            return Ignored(f"already {known.status}")
        await provider.cancel(event.data.trip_id)
        undone = PartUndone(trip_id=event.data.trip_id, part=self.part)
        return Decided(Booking(Status.UNDONE), (undone,), "undone")

    def _decide(self, trip: TripRequested, answer: Answer) -> Decided[Booking]:
        match answer:
            case Sold(reference, price):
                booked = PartBooked(
                    trip_id=trip.trip_id, part=self.part, reference=reference, currency=trip.currency, price=price
                )
                return Decided(Booking(Status.BOOKED, reference), (booked,), "booked")
            case Refused(reason):
                failed = PartFailed(trip_id=trip.trip_id, part=self.part, reason=reason)
                return Decided(Booking(Status.FAILED), (failed,), reason)

    def participant(self) -> Participant[Booking, Provider]:
        """The participant that books this part."""
        return Participant(
            events=EVENTS,
            name=self.part,
            database=f"{self.part}s",
            container="bookings",
            state=Booking,
            reactions=(
                on(TripRequested, self.book, says={PartBooked, PartFailed}, fallback=self.give_up, creates=True),
                on(PartFailed, self.undo, says={PartUndone}, undoes=True),
                on(PaymentFailed, self.undo, says={PartUndone}, undoes=True),
            ),
            containers=(ContainerSpec("provider-book"),),
        )


FLIGHT = Desk("flight", Decimal(210)).participant()
HOTEL = Desk("hotel", Decimal(340)).participant()
CAR = Desk("car", Decimal(95)).participant()
