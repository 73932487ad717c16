"""The services of an application that is not the shop, as processes under faults: the trip."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from quartet_emulators.cosmos.in_process import InProcessAccount

from examples.trip.app import TRIP, service
from examples.trip.booking import CAR, FLIGHT, HOTEL, Booking, Desk
from examples.trip.events import PartFailed, PaymentFailed
from examples.trip.payment import PAYMENT
from examples.trip.provider import Provider, SimulatedProvider
from examples.trip.tests.trips import any_trip, requested
from quartet import Choreography, Event, Evidence, Ignored, Outcome, Service
from quartet.adapters import EnvironmentSettings
from quartet.testing import MemoryBook, ProcessFault, Violation, simulate_services
from quartet.testing.cluster.plan.faults import COSMOS, HUB


def run(app: Choreography = TRIP, **options: Any) -> list[str]:  # noqa: ANN401 -- those of `simulate_services`
    """Simulate it, and return what happened."""
    lines: list[str] = []
    simulate_services(app, account=InProcessAccount, **{"first": any_trip, "trace": lines.append, **options})
    return lines


def with_hotel(hotel: Service[Any, Any]) -> Choreography:
    others = {one.participant.name: one for one in TRIP.services}
    services = (others["flight"], hotel, others["car"], others["payment"])
    return replace(TRIP, participants=(FLIGHT, hotel.participant, CAR, PAYMENT), services=services)


def test_trips_end_whatever_goes_wrong_with_processes_and_servers() -> None:
    lines = run(runs=15)
    happened = "\n".join(lines)
    for fault in (
        "** killed",
        "** stopped for",
        "** reply lost",
        "** told to stop",
        "** hub away",
        "** link lost",
        "garbage of saga-",
    ):
        assert fault in happened
    assert "outcome=paid said=TripBooked.v1" in happened
    assert "outcome=cancelled said=TripCancelled.v1" in happened
    assert "everything is repaired" in happened


def test_a_run_repeats_exactly() -> None:
    first, second = (run(runs=1, seed=7) for _ in range(2))
    assert first == second
    assert len(first) > 100


@pytest.mark.parametrize("server", [COSMOS, HUB])
@pytest.mark.parametrize("kind", ["crash before", "crash after", "reply lost", "pause after", "done late"])
def test_a_fault_at_a_request_of_each_participant_leaves_the_trip_whole(kind: str, server: str) -> None:
    faults = [ProcessFault(kind, f"{name}-1", server, at=0.5, seconds=20.0) for name in TRIP.names]
    happened = run(first=[requested()], sagas=1, runs=1, faults=faults)
    assert any(f"** {kind}" in line for line in happened)


@dataclass(frozen=True, slots=True)
class Forgetful(Desk):
    """A hotel that does not remember an undo which comes before the request."""

    async def undo(
        self, event: Event[PartFailed | PaymentFailed], known: Booking | None, provider: Provider
    ) -> Outcome[Booking]:
        if known is None:
            return Ignored("nothing to undo")
        return await Desk.undo(self, event, known, provider)


def test_a_hotel_that_forgets_an_early_undo_is_found() -> None:
    app = with_hotel(service(Forgetful("hotel", Decimal(340)).participant()))
    with pytest.raises(Violation) as found:
        run(app, sagas=2, runs=30)
    assert "has not ended" in found.value.lines[0]
    assert "simulate_services(\n    app, account=account" in str(found.value)
    assert str(found.value).count("'saga-") == 1


def test_a_port_that_remembers_only_in_its_process_is_found() -> None:
    """Each process of the hotel sells on its own account, and its book dies with it."""
    app = with_hotel(Service(HOTEL, lambda _context: SimulatedProvider(MemoryBook())))
    with pytest.raises(Violation, match=r"is paid with 645\.00, and its parts cost"):
        run(app, first=[requested()], sagas=1, runs=1, faults=())


def test_the_invariants_that_are_given_are_judged() -> None:
    def no_trip_is_paid(evidence: Evidence) -> Iterator[str]:
        for trip in evidence.sagas:
            if evidence.state("payment", trip).status == "paid":
                yield f"{trip} is paid"

    with pytest.raises(Violation) as found:
        run(first=[requested()], sagas=2, runs=1, faults=(), invariants=[no_trip_is_paid])
    assert found.value.lines == ("saga-2 is paid",)


def test_a_service_that_fails_is_reported() -> None:
    async def fails(_context: object) -> None:
        raise ZeroDivisionError("a bug in its background work")

    app = with_hotel(replace(TRIP.service("hotel"), background=(fails,)))
    with pytest.raises(Violation, match="no replica breaks: hotel-1: ZeroDivisionError a bug in its background work"):
        run(app, runs=1, faults=())


def test_an_application_without_services_is_refused() -> None:
    with pytest.raises(ValueError, match="trip names no services"):
        run(replace(TRIP, services=()))


def test_a_fault_that_can_never_happen_is_refused() -> None:
    with pytest.raises(ValueError, match="no fault with server hub is called 'status 429': use one of not sent, "):
        ProcessFault("status 429", "hotel-1", HUB)
    with pytest.raises(ValueError, match="no fault with no server is called 'reply lost'"):
        ProcessFault("reply lost", "hotel-1")
    with pytest.raises(ValueError, match="trip has no process motel-1: they are called flight-1 and so on"):
        run(faults=[ProcessFault("crash", "motel-1")])


def test_a_fault_of_a_process_that_is_not_there_does_not_happen() -> None:
    happened = run(runs=1, faults=[ProcessFault("crash", "hotel-9", at=1.0), ProcessFault("crash", "hotel-1", at=1.0)])
    assert [line.split()[1] for line in happened if line.endswith("** crash")] == ["hotel-1"]


class HotelSettings(EnvironmentSettings):
    """Settings that only the hotel has."""

    hotel_stars: int = 3


def test_settings_that_are_missing_are_refused() -> None:
    app = with_hotel(replace(TRIP.service("hotel"), settings=HotelSettings))
    with pytest.raises(ValueError, match="hotel has settings of its own: give them as own_settings"):
        run(app)
    assert run(app, runs=1, faults=(), own_settings={"hotel": HotelSettings()})
