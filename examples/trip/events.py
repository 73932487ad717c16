"""What is said about a trip. A trip is a saga."""

from typing import ClassVar, Literal, TypeAlias

from pydantic import field_validator

from quartet import EventData, Registry, SagaId
from quartet.events import OUTSIDE, Code, Currency, Money, Reference, Text, fit_amount

PartName: TypeAlias = Literal["flight", "hotel", "car"]
PARTS: tuple[PartName, ...] = ("flight", "hotel", "car")


class TripEvent(EventData):
    """What every event has: the trip that it is about."""

    trip_id: SagaId


class TripRequested(TripEvent):
    """A traveller wants a flight, a hotel and a car, or nothing at all."""

    type: ClassVar[str] = "TripRequested.v1"
    said_by: ClassVar[tuple[str, ...]] = (OUTSIDE,)
    flight: Text
    hotel: Text
    car: Text
    currency: Currency
    card: Reference


class TripCancellationRequested(TripEvent):
    """The traveller has changed their mind. Once the trip is paid, it is too late."""

    type: ClassVar[str] = "TripCancellationRequested.v1"
    said_by: ClassVar[tuple[str, ...]] = (OUTSIDE,)


class PartBooked(TripEvent):
    """A part of the trip is booked."""

    type: ClassVar[str] = "PartBooked.v1"
    said_by: ClassVar[tuple[str, ...]] = ("flight", "hotel", "car")
    part: PartName
    reference: Reference
    currency: Currency
    price: Money
    _fit_price = field_validator("price")(fit_amount)


class PartFailed(TripEvent):
    """A part of the trip is not booked and never will be."""

    type: ClassVar[str] = "PartFailed.v1"
    said_by: ClassVar[tuple[str, ...]] = ("flight", "hotel", "car")
    part: PartName
    reason: Code


class PaymentFailed(TripEvent):
    """No money was taken and none will be."""

    type: ClassVar[str] = "PaymentFailed.v1"
    said_by: ClassVar[tuple[str, ...]] = ("payment",)
    reason: Code


class PartUndone(TripEvent):
    """A part of the trip is not booked any more, and never will be again."""

    type: ClassVar[str] = "PartUndone.v1"
    said_by: ClassVar[tuple[str, ...]] = ("flight", "hotel", "car")
    part: PartName


class TripBooked(TripEvent):
    """The trip is booked and paid: the saga has ended."""

    type: ClassVar[str] = "TripBooked.v1"
    said_by: ClassVar[tuple[str, ...]] = ("payment",)
    currency: Currency
    total: Money
    _fit_total = field_validator("total")(fit_amount)


class TripCancelled(TripEvent):
    """Nothing is booked and nothing is paid: the saga has ended."""

    type: ClassVar[str] = "TripCancelled.v1"
    said_by: ClassVar[tuple[str, ...]] = ("payment",)
    reason: Code


EVENTS = Registry(
    *(TripRequested, PartBooked, PartFailed, PaymentFailed, TripCancellationRequested, PartUndone),
    *(TripBooked, TripCancelled),
)
