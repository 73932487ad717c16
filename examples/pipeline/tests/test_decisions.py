"""One decision each, on a lake in memory."""

from collections.abc import Sequence
from typing import Any

from examples.pipeline import publishing
from examples.pipeline.events import (
    FileDiscarded,
    FileLoaded,
    FilePublished,
    FileQuarantined,
    FileReleased,
    FileValidated,
    FileWithdrawn,
    LoadingFailed,
    PublishingFailed,
    ReleaseFailed,
    StagingDropped,
    StepFailed,
    ValidationFailed,
)
from examples.pipeline.lake import Lake
from examples.pipeline.loading import LOADING
from examples.pipeline.publishing import PUBLISHING, Publication
from examples.pipeline.release import RELEASE
from examples.pipeline.step import Status, Step
from examples.pipeline.tests.files import ARRIVED, BAD, GOOD, MIXED, TWICE, MemoryBlobs, blobs_with
from examples.pipeline.validation import VALIDATION
from quartet import Decided, EventData, Ignored, Participant
from quartet.testing import decide

DAY = ARRIVED.day
LOADED = FileLoaded(file_id="f", day=DAY, rows=3)
PUBLISHED = FilePublished(file_id="f", day=DAY, rows=3)


def validated(version: str = "v1") -> FileValidated:
    return FileValidated(file_id="f", day=DAY, version=version, rows=3, rejected=0)


def test_a_file_is_counted_and_its_bad_rows_are_set_apart() -> None:
    blobs = blobs_with(f=MIXED)
    said = FileValidated(file_id="f", day=DAY, version="v1", rows=3, rejected=2)
    assert decide(VALIDATION, ARRIVED, ports=Lake(blobs)) == Decided(Step(Status.DONE), (said,), "valid")
    assert blobs.stored["rejects/f.parquet"][0] != b""


def test_a_file_with_too_many_bad_rows_is_quarantined() -> None:
    blobs = blobs_with(f=BAD)
    failed = ValidationFailed(file_id="f", reason="too_many_rejects")
    outcome = decide(VALIDATION, ARRIVED, ports=Lake(blobs))
    assert outcome == Decided(Step(Status.FAILED), (failed,), "too_many_rejects")
    assert blobs.stored["quarantine/f.csv"][0] == BAD.encode()
    assert blobs.stored["landing/f.csv"][0] == b""


def test_a_file_that_lands_after_it_was_given_up_is_quarantined_too() -> None:
    blobs = MemoryBlobs()
    given_up = decide(VALIDATION, PublishingFailed(file_id="f", reason="withdrawn"), ports=Lake(blobs))
    quarantined = FileQuarantined(file_id="f")
    assert given_up == Decided(Step(Status.UNDONE), (quarantined,), "quarantined")
    blobs.stored["landing/f.csv"] = (GOOD.encode(), 1)
    assert decide(VALIDATION, ARRIVED, given_up.state, Lake(blobs)) == Ignored("already undone")
    assert blobs.stored["quarantine/f.csv"][0] == GOOD.encode()


def test_good_rows_are_staged() -> None:
    outcome = decide(LOADING, validated(), ports=Lake(blobs_with(f=GOOD)))
    assert outcome == Decided(Step(Status.DONE), (LOADED,), "staged")


def test_a_file_that_was_changed_since_is_not_loaded() -> None:
    failed = LoadingFailed(file_id="f", reason="changed")
    outcome = decide(LOADING, validated("v0"), ports=Lake(blobs_with(f=GOOD)))
    assert outcome == Decided(Step(Status.FAILED), (failed,), "changed")


def test_two_values_of_one_sensor_at_one_time_are_not_loaded() -> None:
    failed = LoadingFailed(file_id="f", reason="not_unique")
    outcome = decide(LOADING, validated(), ports=Lake(blobs_with(f=TWICE)))
    assert outcome == Decided(Step(Status.FAILED), (failed,), "not_unique")


def test_a_drop_that_comes_first_keeps_the_rows_out() -> None:
    """Also for a process that has not heard of it, as the tombstone lies in the lake, too."""
    lake = Lake(blobs_with(f=GOOD))
    dropped = decide(LOADING, PublishingFailed(file_id="f", reason="withdrawn"), ports=lake)
    assert dropped == Decided(Step(Status.UNDONE), (StagingDropped(file_id="f"),), "dropped")
    assert decide(LOADING, validated(), dropped.state, lake) == Ignored("already undone")
    failed = LoadingFailed(file_id="f", reason="dropped")
    assert decide(LOADING, validated(), None, lake) == Decided(Step(Status.FAILED), (failed,), "dropped")


def test_a_day_has_the_file_that_was_first() -> None:
    lake = Lake(MemoryBlobs())
    published = Decided(
        Publication(publishing.Status.PUBLISHED), (FilePublished(file_id="f", day=DAY, rows=3),), "published"
    )
    for _ in range(2):  # the second time, as by a process that has not recorded it
        assert decide(PUBLISHING, LOADED, ports=lake) == published
    late = decide(PUBLISHING, FileLoaded(file_id="g", day=DAY, rows=1), ports=lake)
    assert isinstance(late, Decided)
    assert late.answers == (PublishingFailed(file_id="g", reason="day_taken"),)


def test_a_file_that_was_withdrawn_is_never_published() -> None:
    lake = Lake(MemoryBlobs())
    withdrawn = decide(PUBLISHING, FileWithdrawn(file_id="f"), ports=lake)
    failed = PublishingFailed(file_id="f", reason="withdrawn")
    state = Publication(publishing.Status.FAILED, reason="withdrawn")
    assert withdrawn == Decided(state, (failed,), "withdrawn")
    assert decide(PUBLISHING, LOADED, state, lake) == Ignored("already failed")
    assert decide(PUBLISHING, LOADED, None, lake) == withdrawn


def test_a_file_that_another_process_has_published_is_not_withdrawn() -> None:
    lake = Lake(MemoryBlobs())
    decide(PUBLISHING, LOADED, ports=lake)
    assert decide(PUBLISHING, FileWithdrawn(file_id="f"), None, lake) == Ignored("already published")


def test_the_saga_ends_when_file_and_staging_are_gone() -> None:
    known = Publication(publishing.Status.FAILED, ("staging",), "day_taken")
    outcome = decide(PUBLISHING, FileQuarantined(file_id="f"), known)
    assert isinstance(outcome, Decided)
    assert outcome.answers == (FileDiscarded(file_id="f", reason="day_taken"),)
    assert decide(PUBLISHING, StagingDropped(file_id="f"), outcome.state) == Ignored("already discarded")


def test_a_step_that_cannot_be_done_is_never_done() -> None:
    lake = Lake(blobs_with(f=GOOD))
    steps: Sequence[tuple[Participant[Any, Lake], EventData, StepFailed]] = (
        (VALIDATION, ARRIVED, ValidationFailed(file_id="f", reason="no_answer")),
        (LOADING, validated(), LoadingFailed(file_id="f", reason="no_answer")),
        (PUBLISHING, LOADED, PublishingFailed(file_id="f", reason="no_answer")),
        (RELEASE, PUBLISHED, ReleaseFailed(file_id="f", reason="no_answer")),
    )
    for step, event, failed in steps:
        outcome = decide(step, event, None, lake, giving_up=True)
        assert isinstance(outcome, Decided)
        assert outcome.answers == (failed,)
        late = decide(step, event, None, lake)  # as by a process that has not heard of it
        assert isinstance(late, Decided)
        assert isinstance(late.answers[0], type(failed))
        assert isinstance(decide(step, event, outcome.state, lake, giving_up=True), Ignored)


def test_what_another_process_has_done_is_not_given_up() -> None:
    """It may have said so: to undo it would take the rows from readers who see them."""
    lake = Lake(blobs_with(f=GOOD))
    steps: Sequence[tuple[Participant[Any, Lake], EventData]] = (
        (VALIDATION, ARRIVED),
        (LOADING, validated()),
        (PUBLISHING, LOADED),
    )
    for step, event in steps:
        done = decide(step, event, None, lake)
        assert decide(step, event, None, lake, giving_up=True) == done


def test_a_file_is_released_if_readers_see_what_was_loaded() -> None:
    blobs = blobs_with(f=GOOD)
    lake = Lake(blobs)
    decide(LOADING, validated(), ports=lake)
    failed = Decided(Step(Status.FAILED), (ReleaseFailed(file_id="f", reason="not_as_loaded"),), "not_as_loaded")
    assert decide(RELEASE, PUBLISHED, ports=lake) == failed
    decide(PUBLISHING, LOADED, ports=lake)
    released = Decided(Step(Status.DONE), (FileReleased(file_id="f", rows=3),), "released")
    assert decide(RELEASE, PUBLISHED, ports=lake) == released
    blobs.stored["data/f.parquet"] = (b"", 2)
    assert decide(RELEASE, PUBLISHED, ports=lake) == failed
    assert decide(RELEASE, PUBLISHED, released.state, lake) == Ignored("already done")


def test_a_file_that_is_not_released_leaves_the_manifest() -> None:
    lake = Lake(blobs_with(f=GOOD))
    decide(PUBLISHING, LOADED, ports=lake)
    known = Publication(publishing.Status.PUBLISHED)
    outcome = decide(PUBLISHING, ReleaseFailed(file_id="f", reason="not_as_loaded"), known, lake)
    assert outcome == Decided(Publication(publishing.Status.FAILED, reason="not_as_loaded"), (), "gone")
    late = decide(PUBLISHING, FileLoaded(file_id="g", day=DAY, rows=1), ports=lake)
    assert isinstance(late, Decided)
    assert late.answers == (FilePublished(file_id="g", day=DAY, rows=1),)
