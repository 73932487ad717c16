"""A bakery: the miller grinds, the baker bakes, and the miller takes the flour back if the bread burns."""

from dataclasses import dataclass, replace
from typing import ClassVar

from quartet import Choreography, Event, EventData, Ignored, Outcome, Participant, Registry, SagaId, on
from quartet.events import OUTSIDE


class BreadEvent(EventData):
    loaf: SagaId


class BreadWanted(BreadEvent):
    type: ClassVar[str] = "BreadWanted.v1"
    said_by: ClassVar[tuple[str, ...]] = (OUTSIDE,)


class FlourGround(BreadEvent):
    type: ClassVar[str] = "FlourGround.v1"
    said_by: ClassVar[tuple[str, ...]] = ("miller",)


class BreadBaked(BreadEvent):
    type: ClassVar[str] = "BreadBaked.v1"
    said_by: ClassVar[tuple[str, ...]] = ("baker",)


class BreadBurnt(BreadEvent):
    type: ClassVar[str] = "BreadBurnt.v1"
    said_by: ClassVar[tuple[str, ...]] = ("baker",)


class FlourReturned(BreadEvent):
    type: ClassVar[str] = "FlourReturned.v1"
    said_by: ClassVar[tuple[str, ...]] = ("miller",)


@dataclass(frozen=True)
class Sack:
    full: bool = True


async def work(event: Event[BreadEvent], sack: Sack | None, ports: object) -> Outcome[Sack]:
    del event, sack, ports
    return Ignored("it is Sunday")


EVENTS = Registry(BreadWanted, FlourGround, BreadBaked, BreadBurnt, FlourReturned)

GRIND = on(BreadWanted, work, says={FlourGround}, creates=True)
TAKE_BACK = on(BreadBurnt, work, says={FlourReturned}, undoes=True)
BAKE = on(FlourGround, work, says={BreadBaked, BreadBurnt}, creates=True)

MILLER: Participant[Sack, object] = Participant(
    events=EVENTS, name="miller", database="mill", container="sacks", state=Sack, reactions=(GRIND, TAKE_BACK)
)
BAKER: Participant[Sack, object] = replace(MILLER, name="baker", database="bakery", reactions=(BAKE,))

BAKERY = Choreography(
    name="bakery",
    events=EVENTS,
    participants=(MILLER, BAKER),
    ends={BreadBaked, FlourReturned},
    inputs=(BreadWanted,),
    samples=tuple(event(loaf="rye-1") for event in (BreadWanted, FlourGround, BreadBaked, BreadBurnt, FlourReturned)),
)
