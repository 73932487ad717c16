"""Recorded trips, run again through the handlers as they are now."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from examples.trip.app import TRIP
from examples.trip.booking import Desk
from examples.trip.tests.recorded import FILE, trips
from quartet.testing import save_recordings, verify_replay


def test_recorded_trips_would_go_as_they_went() -> None:
    assert verify_replay(TRIP, FILE).sagas == 4


def test_the_recordings_are_those_of_this_code(tmp_path: Path) -> None:
    save_recordings(trips(), tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_text() == FILE.read_text(), "see make recordings"


def test_another_price_of_the_hotel_is_noticed() -> None:
    dear = tuple(Desk("hotel", Decimal(350)).participant() if one.name == "hotel" else one for one in TRIP)
    with pytest.raises(AssertionError, match=r"hotel, at TripRequested\.v1 of trip-1: called buy, would now call it"):
        verify_replay(replace(TRIP, participants=dear, services=()), FILE)
