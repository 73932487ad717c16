"""The smallest application: a customer asks, a clerk stamps the request, and the stamp is counted by its provider."""

from dataclasses import dataclass, field
from typing import ClassVar

from quartet.choreography import Choreography
from quartet.engine.declaration.outcome import Decided, Ignored, Outcome, Rejected
from quartet.engine.declaration.participant import Participant
from quartet.engine.declaration.reaction import Reaction, on
from quartet.events import Event, EventData, Registry, SagaId


class Asked(EventData):
    type: ClassVar[str] = "Asked.v1"
    case: SagaId
    wish: str = "a stamp"


class Stamped(Asked):
    type: ClassVar[str] = "Stamped.v1"


@dataclass(frozen=True, slots=True)
class Case:
    stamps: int


@dataclass(slots=True)
class Stamps:
    """The port. Under a key it stamps once, unless it is careless."""

    careless: bool = False
    used: list[str] = field(default_factory=list)

    async def stamp(self, key: str) -> None:
        if self.careless or key not in self.used:
            self.used.append(key)


async def stamp(event: Event[Asked], case: Case | None, stamps: Stamps) -> Outcome[Case]:
    if event.data.wish == "the moon":
        return Rejected("no_moon", "there are stamps only")
    if case is not None:
        return Ignored("stamped before")
    await stamps.stamp(event.data.case)
    return Decided(Case(1), (Stamped(case=event.data.case),), "stamped")


async def refuse(event: Event[Asked], case: Case | None, stamps: Stamps) -> Outcome[Case]:
    del stamps, case
    return Decided(Case(0), (Stamped(case=event.data.case),), "not stamped")


EVENTS = Registry(Asked, Stamped)


def office(reaction: Reaction[Case, Stamps] | None = None) -> Choreography:
    clerk = Participant(
        events=EVENTS,
        name="clerk",
        database="clerks",
        container="cases",
        state=Case,
        reactions=(reaction or on(Asked, stamp, says={Stamped}, fallback=refuse, creates=True),),
    )
    return Choreography(name="office", events=EVENTS, participants=(clerk,), ends={Stamped})


CLERK: Participant[Case, Stamps] = office().participants[0]
