"""The application as one object."""

from examples.trip.booking import CAR, FLIGHT, HOTEL
from examples.trip.events import EVENTS, TripBooked, TripCancelled
from examples.trip.payment import PAYMENT
from quartet import Choreography

TRIP = Choreography(
    name="trip",
    events=EVENTS,
    participants=(FLIGHT.participant(), HOTEL.participant(), CAR.participant(), PAYMENT),
    ends=frozenset({TripBooked, TripCancelled}),
    hub="trip-events",
)
