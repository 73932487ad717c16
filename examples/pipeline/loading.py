"""Loading: stages the good rows as Parquet, where no reader sees them yet."""

from dataclasses import dataclass
from enum import StrEnum

from examples.pipeline.events import (
    EVENTS,
    FileLoaded,
    FileValidated,
    LoadingFailed,
    PublishingFailed,
    StagingDropped,
)
from examples.pipeline.lake import Lake, Refused
from quartet import Decided, Event, Ignored, Outcome, Participant, on


class Status(StrEnum):
    """How far the file is."""

    STAGED = "staged"
    FAILED = "failed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Loading:
    """What loading knows of a file."""

    status: Status


async def load(event: Event[FileValidated], known: Loading | None, lake: Lake) -> Outcome[Loading]:
    """Stage the rows, unless the file is given up already."""
    file = event.data
    if known is not None:
        return Ignored(f"already {known.status}")
    match await lake.load(file.file_id, file.version):
        case Refused(reason):
            failed = LoadingFailed(file_id=file.file_id, reason=reason)
            return Decided(Loading(Status.FAILED), (failed,), reason)
        case rows:
            loaded = FileLoaded(file_id=file.file_id, day=file.day, rows=rows)
            return Decided(Loading(Status.STAGED), (loaded,), "staged")


async def drop(event: Event[PublishingFailed], known: Loading | None, lake: Lake) -> Outcome[Loading]:
    """Publishing has failed, perhaps before this step has begun: drop what is staged, and never stage it."""
    if known is not None and known.status is not Status.STAGED:
        return Ignored(f"already {known.status}")
    await lake.drop(event.data.file_id)
    return Decided(Loading(Status.DROPPED), (StagingDropped(file_id=event.data.file_id),), "dropped")


LOADING = Participant(
    events=EVENTS,
    name="loading",
    database="loading",
    container="files",
    state=Loading,
    reactions=(
        on(FileValidated, load, says={FileLoaded, LoadingFailed}, creates=True),
        on(PublishingFailed, drop, says={StagingDropped}, undoes=True),
    ),
)
