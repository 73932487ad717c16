"""Trips in real processes: what `quartet --app examples.trip.app:TRIP up` runs."""

import json

from examples.trip.tests.trips import requested
from quartet.testing import Running

TRIPS = {
    "rome": ({}, "TripBooked.v1"),
    "no-flight": ({"flight": "none"}, "TripCancelled.v1"),
    "no-hotel": ({"hotel": "none"}, "TripCancelled.v1"),
    "no-car": ({"car": "none"}, "TripCancelled.v1"),
    "no-money": ({"card": "none"}, "TripCancelled.v1"),
}


def test_trips_end_and_the_books_agree(running: Running) -> None:
    app = running("examples.trip.app:TRIP", "--replicas", "2")
    lines = "\n".join(requested(trip_id=trip, **wish).model_dump_json() for trip, (wish, _) in TRIPS.items())
    for _ in range(2):  # the second time, all of it is a duplicate: some may be under way while the audit looks
        ended = json.loads(app.quartet("publish", "-", "--wait", "--json", given=lines))
        assert ended == {trip: end for trip, (_, end) in TRIPS.items()}
    audit = json.loads(app.quartet("audit", "--json"))
    assert audit["holds"]
    figures = audit["invariants"][0]["figures"]
    assert figures["sagas"] == len(TRIPS)
    assert figures["effects"] >= 4  # of the trip to Rome, and whatever of the others was booked and given back
