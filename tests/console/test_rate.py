"""A small version of `make console-bench`: every saga is kept, and every one is news on a page."""

from pathlib import Path

from quartet.engine.failures.timeouts import stretched
from tests.console.rate import follow_at_rate


async def test_sagas_that_come_at_a_rate_are_all_kept_and_told(tmp_path: Path) -> None:
    found = await follow_at_rate(tmp_path, rate=30, seconds=4, pages=3, searches=True)
    assert found.sagas == 120
    assert found.kept == found.told == found.sagas
    assert found.overviews <= 1.5, "an overview a second, at most, and one at the beginning"
    assert found.behind < stretched(20)
    assert found.memory_mb < 400
