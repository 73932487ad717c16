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
    ReleaseFailed,
    StagingDropped,
    StepFailed,
    ValidationFailed,
)
from examples.pipeline.lake import Lake
from quartet import Decided, Event, Ignored, Outcome, Participant, on

# What each piece of news says is gone. A file that was never valid was never staged either; one that is not
# released is still there.
_GONE: dict[type[FileEvent], tuple[str, ...]] = {
    ValidationFailed: ("file", "staging"),
    LoadingFailed: ("staging",),
    ReleaseFailed: (),
    FileQuarantined: ("file",),
    StagingDropped: ("staging",),
}


class Status(StrEnum):
    """How far the file is. Only the last one is final: a file that is published may not be released."""

    WAITING = "waiting"
    PUBLISHED = "published"
    FAILED = "failed"
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
    """Let readers see the file, unless it has failed."""
    publication, file = known or Publication(), event.data
    if publication.status is not Status.WAITING:
        return Ignored(f"already {publication.status}")
    if refused := await lake.publish(file.file_id, file.day):
        return _fail(file.file_id, publication, refused.reason)
    return _published(file, publication)


async def give_up(event: Event[FileLoaded], known: Publication | None, lake: Lake) -> Outcome[Publication]:
    """The manifest cannot be swapped: make sure that no process does, unless one has."""
    publication, file = known or Publication(), event.data
    if publication.status is not Status.WAITING:
        return Ignored(f"already {publication.status}")
    if await lake.withdraw(file.file_id):
        return _published(file, publication)
    return _fail(file.file_id, publication, "no_answer")


async def withdraw(event: Event[FileWithdrawn], known: Publication | None, lake: Lake) -> Outcome[Publication]:
    """Discard the file, unless readers see it or it has failed."""
    publication = known or Publication()
    if publication.status is not Status.WAITING:
        return Ignored(f"already {publication.status}")
    if refused := await lake.withdraw(event.data.file_id):
        # Another process is about to record it, or has died: then its event is delivered again.
        return Ignored(f"already {refused.reason}")
    return _fail(event.data.file_id, publication, "withdrawn")


async def note_gone(
    event: Event[StepFailed | FileQuarantined | StagingDropped], known: Publication | None, lake: Lake
) -> Outcome[Publication]:
    """Something is undone, or never done: restore the manifest. When all is gone, the saga has ended."""
    publication = known or Publication()
    if publication.status is Status.DISCARDED:
        return Ignored("already discarded")
    if publication.status is Status.PUBLISHED:
        await lake.restore(event.data.file_id)
    reason = publication.reason or (event.data.reason if isinstance(event.data, StepFailed) else "")
    gone = tuple(sorted({*publication.gone, *_GONE[type(event.data)]}))
    publication = replace(publication, status=Status.FAILED, gone=gone, reason=reason)
    if gone != ("file", "staging"):
        return Decided(publication, (), "gone")
    discarded = FileDiscarded(file_id=event.data.file_id, reason=reason or "unknown")
    return Decided(replace(publication, status=Status.DISCARDED), (discarded,), "discarded")


def _published(file: FileLoaded, publication: Publication) -> Decided[Publication]:
    published = FilePublished(file_id=file.file_id, day=file.day, rows=file.rows)
    return Decided(replace(publication, status=Status.PUBLISHED), (published,), "published")


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
        on(FileLoaded, publish, says={FilePublished, PublishingFailed}, fallback=give_up, creates=True),
        on(ValidationFailed, note_gone, says={FileDiscarded}),
        on(LoadingFailed, note_gone, says={FileDiscarded}),
        on(ReleaseFailed, note_gone, says={FileDiscarded}, undoes=True),
        on(FileQuarantined, note_gone, says={FileDiscarded}),
        on(StagingDropped, note_gone, says={FileDiscarded}),
        on(FileWithdrawn, withdraw, says={PublishingFailed}),
    ),
)
