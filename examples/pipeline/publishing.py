"""Publishing: owns the pivot, the manifest. It hears of every failure, so it also says how the saga ends."""

from dataclasses import dataclass, replace
from enum import StrEnum

from examples.pipeline.events import (
    EVENTS,
    FileDiscarded,
    FileEvent,
    FileLoaded,
    FilePublished,
    FileQuarantined,
    FileWithdrawn,
    LoadingFailed,
    PublishingFailed,
    StagingDropped,
    StepFailed,
    ValidationFailed,
)
from examples.pipeline.lake import Lake
from quartet import Decided, Event, Ignored, Outcome, Participant, on

# What each piece of news says is gone for good. A file that was never valid was never staged either.
_GONE: dict[type[FileEvent], tuple[str, ...]] = {
    ValidationFailed: ("file", "staging"),
    LoadingFailed: ("staging",),
    FileQuarantined: ("file",),
    StagingDropped: ("staging",),
}


class Status(StrEnum):
    """How far the file is. The last two are final."""

    WAITING = "waiting"
    FAILED = "failed"
    PUBLISHED = "published"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Publication:
    """What publishing knows of a file.

    Attributes:
        gone: what is known to be undone, or never to be done.
        reason: why the file is discarded.
    """

    status: Status = Status.WAITING
    gone: tuple[str, ...] = ()
    reason: str = ""


async def publish(event: Event[FileLoaded], known: Publication | None, lake: Lake) -> Outcome[Publication]:
    """Let everybody see the file, unless it has failed."""
    publication, file = known or Publication(), event.data
    if publication.status is not Status.WAITING:
        return Ignored(f"already {publication.status}")
    if refused := await lake.publish(file.file_id, file.day):
        return _fail(file.file_id, publication, refused.reason)
    published = FilePublished(file_id=file.file_id, rows=file.rows)
    return Decided(replace(publication, status=Status.PUBLISHED), (published,), "published")


async def withdraw(event: Event[FileWithdrawn], known: Publication | None, lake: Lake) -> Outcome[Publication]:
    """Discard the file, unless everybody sees it or it has failed."""
    publication = known or Publication()
    if publication.status is not Status.WAITING:
        return Ignored(f"already {publication.status}")
    if refused := await lake.withdraw(event.data.file_id):
        # Another process is about to record it, or has died: then what it was handling comes again.
        return Ignored(f"already {refused.reason}")
    return _fail(event.data.file_id, publication, "withdrawn")


async def note_gone(
    event: Event[StepFailed | FileQuarantined | StagingDropped],
    known: Publication | None,
    lake: Lake,  # noqa: ARG001 -- what was not loaded was not published either
) -> Outcome[Publication]:
    """Something is undone, or never done. When all is, the saga has ended."""
    publication = known or Publication()
    if publication.status is Status.DISCARDED:
        return Ignored("already discarded")
    reason = publication.reason or (event.data.reason if isinstance(event.data, StepFailed) else "")
    gone = tuple(sorted({*publication.gone, *_GONE[type(event.data)]}))
    publication = replace(publication, status=Status.FAILED, gone=gone, reason=reason)
    if gone != ("file", "staging"):
        return Decided(publication, (), "gone")
    discarded = FileDiscarded(file_id=event.data.file_id, reason=reason or "unknown")
    return Decided(replace(publication, status=Status.DISCARDED), (discarded,), "discarded")


def _fail(file_id: str, publication: Publication, reason: str) -> Decided[Publication]:
    failed = PublishingFailed(file_id=file_id, reason=reason)
    return Decided(replace(publication, status=Status.FAILED, reason=reason), (failed,), reason)


PUBLISHING = Participant(
    events=EVENTS,
    name="publishing",
    database="publishing",
    container="files",
    state=Publication,
    reactions=(
        on(FileLoaded, publish, says={FilePublished, PublishingFailed}, creates=True),
        on(ValidationFailed, note_gone, says={FileDiscarded}),
        on(LoadingFailed, note_gone, says={FileDiscarded}),
        on(FileQuarantined, note_gone, says={FileDiscarded}),
        on(StagingDropped, note_gone, says={FileDiscarded}),
        on(FileWithdrawn, withdraw, says={PublishingFailed}),
    ),
)
