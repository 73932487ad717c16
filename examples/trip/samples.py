"""One believable event of each type."""

from decimal import Decimal

from examples.trip.events import (
    PartBooked,
    PartFailed,
    PartUndone,
    PaymentFailed,
    TripBooked,
    TripCancellationRequested,
    TripCancelled,
    TripRequested,
)
from quartet import Workload

_TRIP = "trip-1"

SAMPLES = (
    TripRequested(trip_id=_TRIP, flight="LH 454", hotel="Grand", car="Mini", currency="EUR", card="tok_visa"),
    TripRequested(trip_id=_TRIP, flight="LH 454", hotel="none", car="Mini", currency="EUR", card="tok_visa"),
    TripRequested(trip_id=_TRIP, flight="LH 454", hotel="Grand", car="Mini", currency="EUR", card="none"),
    PartBooked(trip_id=_TRIP, part="hotel", reference="ref-trip-1", currency="EUR", price=Decimal("340.00")),
    PartFailed(trip_id=_TRIP, part="flight", reason="refused"),
    PaymentFailed(trip_id=_TRIP, reason="declined"),
    TripCancellationRequested(trip_id=_TRIP),
    PartUndone(trip_id=_TRIP, part="hotel"),
    TripBooked(trip_id=_TRIP, currency="EUR", total=Decimal("645.00")),
    TripCancelled(trip_id=_TRIP, reason="refused"),
)

WORKLOADS = {
    "usual": Workload(SAMPLES[:1], TripBooked),
    "failing": Workload(SAMPLES[1:3], TripCancelled),
}
