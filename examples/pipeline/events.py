"""What is said about a file. A file is a saga."""

from typing import Annotated, ClassVar

from pydantic import Field

from quartet import EventData, Registry, SagaId
from quartet.events import OUTSIDE, Code, Reference

Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="a day: 2026-11-26")]
Rows = Annotated[int, Field(ge=0)]


class FileEvent(EventData):
    """What every event has: the file that it is about."""

    file_id: SagaId


class FileArrived(FileEvent):
    """A file with the readings of a day lies in the lake, as `landing/<file id>.csv`."""

    type: ClassVar[str] = "FileArrived.v1"
    said_by: ClassVar[tuple[str, ...]] = (OUTSIDE,)
    day: Day


class FileWithdrawn(FileEvent):
    """The sender wants the file back. Once published, it is too late."""

    type: ClassVar[str] = "FileWithdrawn.v1"
    said_by: ClassVar[tuple[str, ...]] = (OUTSIDE,)


class FileValidated(FileEvent):
    """The rows were counted; those that break a rule are set apart. `version`: of the file that was looked at."""

    type: ClassVar[str] = "FileValidated.v1"
    said_by: ClassVar[tuple[str, ...]] = ("validation",)
    day: Day
    version: Reference
    rows: Rows
    rejected: Rows


class FileLoaded(FileEvent):
    """The good rows are staged as Parquet. No reader sees them yet."""

    type: ClassVar[str] = "FileLoaded.v1"
    said_by: ClassVar[tuple[str, ...]] = ("loading",)
    day: Day
    rows: Rows


class StepFailed(FileEvent):
    """A step was not done and never will be."""

    reason: Code


class ValidationFailed(StepFailed):
    """The file cannot be used: it is quarantined."""

    type: ClassVar[str] = "ValidationFailed.v1"
    said_by: ClassVar[tuple[str, ...]] = ("validation",)


class LoadingFailed(StepFailed):
    """Nothing is staged."""

    type: ClassVar[str] = "LoadingFailed.v1"
    said_by: ClassVar[tuple[str, ...]] = ("loading",)


class PublishingFailed(StepFailed):
    """The file is not in the manifest."""

    type: ClassVar[str] = "PublishingFailed.v1"
    said_by: ClassVar[tuple[str, ...]] = ("publishing",)


class ReleaseFailed(StepFailed):
    """The file must not be seen: publishing takes it out of the manifest."""

    type: ClassVar[str] = "ReleaseFailed.v1"
    said_by: ClassVar[tuple[str, ...]] = ("release",)


class FileQuarantined(FileEvent):
    """The file, with every row of it, lies in quarantine."""

    type: ClassVar[str] = "FileQuarantined.v1"
    said_by: ClassVar[tuple[str, ...]] = ("validation",)


class StagingDropped(FileEvent):
    """Nothing of the file is staged, and nothing ever will be."""

    type: ClassVar[str] = "StagingDropped.v1"
    said_by: ClassVar[tuple[str, ...]] = ("loading",)


class FilePublished(FileEvent):
    """The manifest names the file: readers see the rows."""

    type: ClassVar[str] = "FilePublished.v1"
    said_by: ClassVar[tuple[str, ...]] = ("publishing",)
    day: Day
    rows: Rows


class FileReleased(FileEvent):
    """What readers see is what was loaded, and stays: the saga has ended."""

    type: ClassVar[str] = "FileReleased.v1"
    said_by: ClassVar[tuple[str, ...]] = ("release",)
    rows: Rows


class FileDiscarded(FileEvent):
    """No row is visible, and only the file in quarantine is left: the saga has ended."""

    type: ClassVar[str] = "FileDiscarded.v1"
    said_by: ClassVar[tuple[str, ...]] = ("publishing",)
    reason: Code


EVENTS = Registry(
    *(FileArrived, FileValidated, FileLoaded, FilePublished, FileReleased),
    *(ValidationFailed, LoadingFailed, PublishingFailed, ReleaseFailed),
    *(FileWithdrawn, FileQuarantined, StagingDropped, FileDiscarded),
)
