"""The application as one object: `quartet --app examples.trip.app:TRIP up`."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import TypeVar

from examples.trip.booking import CAR, FLIGHT, HOTEL
from examples.trip.events import EVENTS, PARTS, TripBooked, TripCancellationRequested, TripCancelled, TripRequested
from examples.trip.payment import PAYMENT, Status
from examples.trip.provider import Moved, Provider, SimulatedProvider
from examples.trip.samples import SAMPLES, WORKLOADS
from quartet import Choreography, Evidence, Participant, Service, per_saga
from quartet.adapters import PortByName, ServiceContext

S = TypeVar("S")


def simulated(context: ServiceContext) -> SimulatedProvider:
    """The provider that is not there. Only a deployment that asks for it by name gets it."""
    return SimulatedProvider(context.book("provider-book"))


def service(participant: Participant[S, Provider]) -> Service[S, Provider]:
    """The participant as a process; `FLIGHT_PROVIDER` and the like name its provider."""
    variable = f"{participant.name.upper()}_PROVIDER"
    return Service(participant, PortByName(variable, f"{participant.name} provider", Provider, simulated))


@per_saga
def all_or_nothing(evidence: Evidence) -> Iterator[str]:
    """A trip that is paid has a flight, a hotel and a car at the price paid; one that is cancelled has nothing."""
    kept = {name: _kept(evidence, name) for name in (*PARTS, PAYMENT.name)}
    for trip in evidence.sagas:
        payment = evidence.state(PAYMENT.name, trip)
        parts = [kept[part][trip] for part in PARTS]
        paid = kept[PAYMENT.name][trip]
        if payment is not None and payment.status is Status.PAID and not (all(parts) and paid == sum(parts)):
            yield f"{trip}: is paid with {paid}, and its parts cost {parts}"
        if payment is not None and payment.status is Status.CANCELLED and (any(parts) or paid):
            yield f"{trip}: is cancelled, and {paid} is paid and the parts cost {parts}"


def _kept(evidence: Evidence, participant: str) -> defaultdict[str, Decimal]:
    kept = defaultdict[str, Decimal](Decimal)
    for effect in evidence.effects(participant):
        if isinstance(effect, Moved):
            kept[effect.saga_id] += effect.price
    return kept


TRIP = Choreography(
    name="trip",
    events=EVENTS,
    services=(service(FLIGHT), service(HOTEL), service(CAR), service(PAYMENT)),
    ends={TripBooked, TripCancelled},
    failed_ends={TripCancelled},
    inputs=(TripRequested, TripCancellationRequested),
    samples=SAMPLES,
    invariants=(all_or_nothing,),
    workloads=WORKLOADS,
    hub="trip-events",
)
