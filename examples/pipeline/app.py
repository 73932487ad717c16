"""The application as one object: `quartet --app examples.pipeline.app:PIPELINE up`."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import TypeVar

from examples.pipeline.blobs import open_blobs
from examples.pipeline.events import EVENTS, FileArrived, FileDiscarded, FileReleased, FileWithdrawn
from examples.pipeline.lake import Lake, rows_of
from examples.pipeline.loading import LOADING
from examples.pipeline.publishing import PUBLISHING
from examples.pipeline.release import RELEASE
from examples.pipeline.samples import SAMPLES
from examples.pipeline.step import Status, Step
from examples.pipeline.validation import VALIDATION
from quartet import Choreography, Evidence, Participant, Service
from quartet.adapters import ServiceContext

S = TypeVar("S")


@asynccontextmanager
async def open_lake(context: ServiceContext) -> AsyncIterator[Lake]:
    """The lake, in the account that the checkpoints are in."""
    async with open_blobs(context.settings, "lake") as blobs:
        yield Lake(blobs)


def service(participant: Participant[S, Lake]) -> Service[S, Lake]:
    """The participant as a process."""
    return Service(participant, open_lake)


def rows_add_up(evidence: Evidence) -> Iterator[str]:
    """Rows landed = published + rejected + staged + quarantined. At its end a file is released or quarantined."""
    rows, places = rows_of(evidence, PUBLISHING.name), ("published", "rejected", "staged", "quarantined")
    never: tuple[str, ...]
    for file in evidence.sagas:
        if evidence.state(RELEASE.name, file) == Step(Status.DONE):
            end, never = "released", ("staged", "quarantined")
        elif getattr(evidence.state(PUBLISHING.name, file), "status", "") == "discarded":
            end, never = "discarded", ("named", "published", "rejected", "staged")
        else:
            continue
        held = rows[file]
        if held["landed"] != sum(held[place] for place in places):
            yield f"{file}: {dict(held)} does not add up"
        if any(held[place] for place in never):
            yield f"{file}: is {end}, and its rows are {dict(held)}"


PIPELINE = Choreography(
    name="pipeline",
    events=EVENTS,
    services=(service(VALIDATION), service(LOADING), service(PUBLISHING), service(RELEASE)),
    ends={FileReleased, FileDiscarded},
    failed_ends={FileDiscarded},
    inputs=(FileArrived, FileWithdrawn),
    samples=SAMPLES,
    invariants=(rows_add_up,),
    commands={"land": "examples.pipeline.land:land"},
    hub="pipeline-events",
)
