"""Validation: counts the rows, sets the bad ones apart, and quarantines a file that will not be published."""

from dataclasses import dataclass
from enum import StrEnum

from examples.pipeline.events import (
    EVENTS,
    FileArrived,
    FileQuarantined,
    FileValidated,
    LoadingFailed,
    PublishingFailed,
    StepFailed,
    ValidationFailed,
)
from examples.pipeline.lake import Lake, Refused
from quartet import Decided, Event, Ignored, Outcome, Participant, on


class Status(StrEnum):
    """How far the file is."""

    VALID = "valid"
    FAILED = "failed"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Validation:
    """What validation knows of a file."""

    status: Status


async def validate(event: Event[FileArrived], known: Validation | None, lake: Lake) -> Outcome[Validation]:
    """Count the rows, unless the file is given up already."""
    file = event.data
    if known is not None:
        if known.status is Status.QUARANTINED:
            await lake.quarantine(file.file_id)  # it was not there yet when it was given up
        return Ignored(f"already {known.status}")
    match await lake.validate(file.file_id):
        case Refused(reason):
            await lake.quarantine(file.file_id)
            failed = ValidationFailed(file_id=file.file_id, reason=reason)
            return Decided(Validation(Status.FAILED), (failed,), reason)
        case found:
            validated = FileValidated(
                file_id=file.file_id, day=file.day, version=found.version, rows=found.good, rejected=found.bad
            )
            return Decided(Validation(Status.VALID), (validated,), "valid")


async def quarantine(event: Event[StepFailed], known: Validation | None, lake: Lake) -> Outcome[Validation]:
    """A later step has failed, perhaps before this one has begun: move the file away, and never validate it."""
    if known is not None and known.status is not Status.VALID:
        return Ignored(f"already {known.status}")
    await lake.quarantine(event.data.file_id)
    quarantined = FileQuarantined(file_id=event.data.file_id)
    return Decided(Validation(Status.QUARANTINED), (quarantined,), "quarantined")


VALIDATION = Participant(
    events=EVENTS,
    name="validation",
    database="validation",
    container="files",
    state=Validation,
    reactions=(
        on(FileArrived, validate, says={FileValidated, ValidationFailed}, creates=True),
        on(LoadingFailed, quarantine, says={FileQuarantined}, undoes=True),
        on(PublishingFailed, quarantine, says={FileQuarantined}, undoes=True),
    ),
)
