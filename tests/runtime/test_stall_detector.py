"""A receiver is stalled if events wait and none comes in for the limit; otherwise it has nothing to do."""

import pytest

from quartet.engine.failures.stall_detector import StallDetector


@pytest.fixture
def progress() -> StallDetector:
    return StallDetector(limit=60)


def look(progress: StallDetector, now: float, *, end: int = 10, position: int = 5, is_busy: bool = False) -> bool:
    return progress.is_stalled("0", end=end, position=position, is_busy=is_busy, now=now)


def test_events_that_wait_too_long_are_a_standstill(progress: StallDetector) -> None:
    assert not look(progress, 100)
    assert not look(progress, 159)
    assert look(progress, 160)


def test_every_received_event_begins_a_new_wait(progress: StallDetector) -> None:
    look(progress, 100)
    progress.received("0", 7)
    assert progress.position("0") == 7
    assert not look(progress, 160, position=7)
    assert look(progress, 220, position=7)


def test_a_partition_without_waiting_events_is_not_stalled(progress: StallDetector) -> None:
    assert not look(progress, 100, end=5)
    assert not look(progress, 1_000, end=5)
    assert not look(progress, 1_001)


def test_a_long_batch_is_not_a_stall(progress: StallDetector) -> None:
    """While it is handled nothing more is asked for: an outage may last, and a restart would not end it."""
    look(progress, 100)
    assert not look(progress, 200, is_busy=True)
    assert not look(progress, 201)


def test_a_hub_with_less_than_came_in_is_another_hub(progress: StallDetector) -> None:
    assert look(progress, 100, end=2)


def test_a_partition_that_went_to_another_replica_is_forgotten(progress: StallDetector) -> None:
    progress.received("0", 5)
    look(progress, 100)
    progress.keep_only({"1"})
    assert progress.position("0") is None
    assert not look(progress, 200)
