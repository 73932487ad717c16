"""Release: reads the day as a reader does. It owns the pivot: its answer is final, and it changes nothing outside."""

from examples.pipeline.events import EVENTS, FilePublished, FileReleased, ReleaseFailed
from examples.pipeline.lake import Lake
from examples.pipeline.step import Refused, Status, Step
from quartet import Decided, Event, Ignored, Outcome, Participant, on


async def release(event: Event[FilePublished], known: Step | None, lake: Lake) -> Outcome[Step]:
    """Release the file, if the rows that readers see are those that were loaded."""
    file = event.data
    if known is not None:
        return Ignored(f"already {known.status}")
    if refused := await lake.read_back(file.file_id, file.day, file.rows):
        return _fail(file.file_id, refused)
    return Decided(Step(Status.DONE), (FileReleased(file_id=file.file_id, rows=file.rows),), "released")


async def give_up(event: Event[FilePublished], known: Step | None, lake: Lake) -> Outcome[Step]:  # noqa: ARG001 -- it asks nothing
    """The day cannot be read."""
    if known is not None:
        return Ignored(f"already {known.status}")
    return _fail(event.data.file_id, Refused("no_answer"))


def _fail(file_id: str, refused: Refused) -> Decided[Step]:
    failed = ReleaseFailed(file_id=file_id, reason=refused.reason)
    return Decided(Step(Status.FAILED), (failed,), refused.reason)


RELEASE = Participant(
    events=EVENTS,
    name="release",
    database="release",
    container="files",
    state=Step,
    reactions=(on(FilePublished, release, says={FileReleased, ReleaseFailed}, fallback=give_up, creates=True),),
)
