"""Validation: counts the rows, sets the bad ones apart, and quarantines a file that will not be published."""

from examples.pipeline.events import (
    EVENTS,
    FileArrived,
    FileQuarantined,
    FileValidated,
    LoadingFailed,
    PublishingFailed,
    ReleaseFailed,
    StepFailed,
    ValidationFailed,
)
from examples.pipeline.lake import Counted, Lake
from examples.pipeline.step import Refused, Status, Step
from quartet import Decided, Event, Ignored, Outcome, Participant, on


async def validate(event: Event[FileArrived], known: Step | None, lake: Lake) -> Outcome[Step]:
    """Count the rows, unless the file is given up already."""
    file = event.data
    if known is not None:
        if known.status is Status.UNDONE:
            await lake.quarantine(file.file_id)  # it was not there yet when it was given up
        return Ignored(f"already {known.status}")
    return await _decide(file, await lake.validate(file.file_id), lake)


async def give_up(event: Event[FileArrived], known: Step | None, lake: Lake) -> Outcome[Step]:
    """The rows cannot be counted: make sure that no process does, unless one has."""
    if known is not None:
        return Ignored(f"already {known.status}")
    return await _decide(event.data, await lake.refuse_validation(event.data.file_id), lake)


async def quarantine(event: Event[StepFailed], known: Step | None, lake: Lake) -> Outcome[Step]:
    """A later step has failed, perhaps before this one has begun: move the file away, and never validate it."""
    if known is not None and known.status is not Status.DONE:
        return Ignored(f"already {known.status}")
    await lake.quarantine(event.data.file_id)
    return Decided(Step(Status.UNDONE), (FileQuarantined(file_id=event.data.file_id),), "quarantined")


async def _decide(file: FileArrived, found: Counted | Refused, lake: Lake) -> Decided[Step]:
    match found:
        case Refused(reason):
            await lake.quarantine(file.file_id)
            return Decided(Step(Status.FAILED), (ValidationFailed(file_id=file.file_id, reason=reason),), reason)
        case Counted(version, good, bad):
            validated = FileValidated(file_id=file.file_id, day=file.day, version=version, rows=good, rejected=bad)
            return Decided(Step(Status.DONE), (validated,), "valid")


VALIDATION = Participant(
    events=EVENTS,
    name="validation",
    database="validation",
    container="files",
    state=Step,
    reactions=(
        on(FileArrived, validate, says={FileValidated, ValidationFailed}, fallback=give_up, creates=True),
        on(LoadingFailed, quarantine, says={FileQuarantined}, undoes=True),
        on(PublishingFailed, quarantine, says={FileQuarantined}, undoes=True),
        on(ReleaseFailed, quarantine, says={FileQuarantined}, undoes=True),
    ),
)
