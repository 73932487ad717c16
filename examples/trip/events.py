"""What is said about a trip."""

from typing import ClassVar

from pydantic import field_validator

from quartet import EventData, Registry, SagaId
from quartet.events import Code, Currency, Money, Reference, Text
from quartet.events.money import fit_amount


class TripEvent(EventData):
    """What every event has: the trip that it is about. A trip is a saga."""

    trip_id: SagaId

    @property
    def saga_id(self) -> str:
        """The trip."""
        return self.trip_id


class TripRequested(TripEvent):
    """A traveller wants a flight, a hotel and a car, or nothing at all."""

    type: ClassVar[str] = "TripRequested.v1"

    flight: Text
    hotel: Text
    car: Text
    currency: Currency
    card: Reference


class TripCancellationRequested(TripEvent):
    """The traveller has thought better of it. Once paid, it is too late."""

    type: ClassVar[str] = "TripCancellationRequested.v1"


class Booked(TripEvent):
    """A part of the trip is booked."""

    reference: Reference
    currency: Currency
    price: Money

    _fit_price = field_validator("price")(fit_amount)


class Failed(TripEvent):
    """A part of the trip is not booked and never will be."""

    reason: Code


class Undone(TripEvent):
    """A part of the trip is not booked any more, and never will be again."""


class FlightBooked(Booked):
    """There are seats."""

    type: ClassVar[str] = "FlightBooked.v1"


class HotelBooked(Booked):
    """There is a room."""

    type: ClassVar[str] = "HotelBooked.v1"


class CarBooked(Booked):
    """There is a car."""

    type: ClassVar[str] = "CarBooked.v1"


class FlightFailed(Failed):
    """There is no seat."""

    type: ClassVar[str] = "FlightFailed.v1"


class HotelFailed(Failed):
    """There is no room."""

    type: ClassVar[str] = "HotelFailed.v1"


class CarFailed(Failed):
    """There is no car."""

    type: ClassVar[str] = "CarFailed.v1"


class PaymentFailed(Failed):
    """No money was taken and none will be."""

    type: ClassVar[str] = "PaymentFailed.v1"


class FlightUndone(Undone):
    """The seats are free again."""

    type: ClassVar[str] = "FlightUndone.v1"


class HotelUndone(Undone):
    """The room is free again."""

    type: ClassVar[str] = "HotelUndone.v1"


class CarUndone(Undone):
    """The car is free again."""

    type: ClassVar[str] = "CarUndone.v1"


class TripBooked(TripEvent):
    """The trip is booked and paid: the saga has ended."""

    type: ClassVar[str] = "TripBooked.v1"

    currency: Currency
    total: Money

    _fit_total = field_validator("total")(fit_amount)


class TripCancelled(TripEvent):
    """Nothing is booked and nothing is paid: the saga has ended."""

    type: ClassVar[str] = "TripCancelled.v1"

    reason: Code


EVENTS = Registry(
    TripRequested, FlightBooked, HotelBooked, CarBooked, FlightFailed, HotelFailed, CarFailed, PaymentFailed,
    TripCancellationRequested, FlightUndone, HotelUndone, CarUndone, TripBooked, TripCancelled,
)  # fmt: skip
