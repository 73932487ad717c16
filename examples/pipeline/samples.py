"""One believable event of each type."""

from examples.pipeline.events import (
    FileArrived,
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
    ValidationFailed,
)

_FILE, _DAY = "readings-1", "2026-11-26"

SAMPLES = (
    FileArrived(file_id=_FILE, day=_DAY),
    FileValidated(file_id=_FILE, day=_DAY, version='"0x8DD0F3A1B2C3D4E"', rows=96, rejected=4),
    FileLoaded(file_id=_FILE, day=_DAY, rows=96),
    FilePublished(file_id=_FILE, day=_DAY, rows=96),
    FileReleased(file_id=_FILE, rows=96),
    ValidationFailed(file_id=_FILE, reason="unusable"),
    LoadingFailed(file_id=_FILE, reason="not_unique"),
    PublishingFailed(file_id=_FILE, reason="day_taken"),
    ReleaseFailed(file_id=_FILE, reason="not_as_loaded"),
    FileWithdrawn(file_id=_FILE),
    FileQuarantined(file_id=_FILE),
    StagingDropped(file_id=_FILE),
    FileDiscarded(file_id=_FILE, reason="day_taken"),
)
