"""Loading: stages the good rows as Parquet, where no reader sees them yet."""

from examples.pipeline.events import (
    EVENTS,
    FileLoaded,
    FileValidated,
    LoadingFailed,
    PublishingFailed,
    ReleaseFailed,
    StagingDropped,
)
from examples.pipeline.lake import Lake
from examples.pipeline.step import Refused, Status, Step
from quartet import Decided, Event, Ignored, Outcome, Participant, on


async def load(event: Event[FileValidated], known: Step | None, lake: Lake) -> Outcome[Step]:
    """Stage the rows, unless the file is given up already."""
    if known is not None:
        return Ignored(f"already {known.status}")
    return _decide(event.data, await lake.load(event.data.file_id, event.data.version))


async def give_up(event: Event[FileValidated], known: Step | None, lake: Lake) -> Outcome[Step]:
    """The rows cannot be staged: make sure that no process does, unless one has."""
    if known is not None:
        return Ignored(f"already {known.status}")
    return _decide(event.data, await lake.refuse_loading(event.data.file_id))


async def drop(event: Event[PublishingFailed | ReleaseFailed], known: Step | None, lake: Lake) -> Outcome[Step]:
    """A later step has failed, perhaps before this one has begun: drop what is staged, and never stage it."""
    if known is not None and known.status is not Status.DONE:
        return Ignored(f"already {known.status}")
    await lake.drop(event.data.file_id)
    return Decided(Step(Status.UNDONE), (StagingDropped(file_id=event.data.file_id),), "dropped")


def _decide(file: FileValidated, found: int | Refused) -> Decided[Step]:
    match found:
        case Refused(reason):
            return Decided(Step(Status.FAILED), (LoadingFailed(file_id=file.file_id, reason=reason),), reason)
        case rows:
            loaded = FileLoaded(file_id=file.file_id, day=file.day, rows=rows)
            return Decided(Step(Status.DONE), (loaded,), "staged")


LOADING = Participant(
    events=EVENTS,
    name="loading",
    database="loading",
    container="files",
    state=Step,
    reactions=(
        on(FileValidated, load, says={FileLoaded, LoadingFailed}, fallback=give_up, creates=True),
        on(PublishingFailed, drop, says={StagingDropped}, undoes=True),
        on(ReleaseFailed, drop, says={StagingDropped}, undoes=True),
    ),
)
