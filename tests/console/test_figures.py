"""Latencies, flow, progress and history: figures that add up."""

import itertools
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quartet.console.flow import Flow
from quartet.console.overviews import _history
from quartet.console.progress import Progress
from quartet.console.projection.facts import Fact, Place, Position
from quartet.console.projection.latency import bucket_of, milliseconds_in, percentile
from quartet.console.projection.port import Totals
from quartet.console.projection.summary import TOTAL, Marks, fold
from tests.console.made import START, Maker

PLACE = Place("", "0")


@given(st.floats(1, 3_600_000))
def test_a_duration_is_kept_with_an_error_of_a_few_percent(milliseconds: float) -> None:
    assert milliseconds_in(bucket_of(milliseconds)) == pytest.approx(milliseconds, rel=0.08, abs=1.1)


@given(st.lists(st.floats(0, 10_000), min_size=1))
def test_a_percentile_is_that_of_the_durations(durations: list[float]) -> None:
    counts = Counter(map(bucket_of, durations))
    exact = sorted(durations)[-(-len(durations) * 95 // 100) - 1]
    assert percentile(counts, 0.95) == pytest.approx(max(exact, 1), rel=0.08, abs=1.1)


def test_strange_durations_have_a_bucket() -> None:
    assert bucket_of(-5) == bucket_of(0) == 0
    assert bucket_of(1e300) == bucket_of(3_600_000)
    with pytest.raises(ValueError, match="nothing"):
        percentile({}, 0.5)


def facts(sagas: int) -> list[Fact]:
    return [fact for batch in Maker().batches(sagas) for fact in batch.facts]


def test_flow_counts_the_last_ten_seconds_and_forgets() -> None:
    flow = Flow()
    some = [replace(fact, key=fact.key._replace(at=START)) for fact in facts(10)]
    flow.add(some, START)
    view = flow.view(START)
    assert sum(one.per_second for one in view) == pytest.approx(len(some) / 10, abs=0.5)
    assert view == tuple(sorted(view, key=lambda one: -one.per_second))
    assert flow.view(START + 11_000) == ()
    flow.add(some, START + 60_000)
    assert flow.view(START + 60_000) == (), "what is old when it is read is no flow of now"


def test_history_goes_back_from_what_is_open_now() -> None:
    """Each minute's open sagas are those of the minute before, and what it added."""
    marks: Marks = Counter()
    by_saga: dict[str, list[Fact]] = {}
    for fact in facts(700):
        by_saga.setdefault(fact.saga, []).append(fact)
    cut = {saga: found[: 2 if number % 3 else None] for number, (saga, found) in enumerate(by_saga.items())}
    for found in cut.values():
        marks.update(fold(None, found).marks())
    by_minute: dict[int, dict[str, int]] = {}
    for (minute, name), count in marks.items():
        by_minute.setdefault(minute, {})[name] = count
    now = by_minute.pop(TOTAL)
    totals = Totals(now["sagas"], now.get("open", 0), now.get("compensating", 0), 0, {}, 0)
    history = _history(totals, by_minute, max(by_minute))
    assert len(history) == 60
    assert history[-1].open == totals.open
    assert history[0].open == history[0].compensating == 0
    assert sum(one.began for one in history) == totals.sagas
    for before, after in itertools.pairwise(history):
        change = after.began - sum(after.ended.values())
        assert after.open + after.compensating == before.open + before.compensating + change


def test_progress_says_how_far_behind_and_when_an_event_came() -> None:
    progress = Progress()
    progress.begin({PLACE: Position(9, 1_000)})
    progress.saw_ends(PLACE, 0, 29)
    assert progress.behind(5_000) == (20, 4.0)
    progress.read(PLACE, Position(19, 2_000))
    progress.read(PLACE, Position(29, 3_000))
    assert progress.behind(5_000) == (0, 0.0)
    assert [progress.at_of(PLACE, number) for number in (9, 10, 19, 20, 29, 30)] == [
        *(None, 2_000, 2_000, 3_000, 3_000, None)
    ]
    assert progress.at_of(Place("", "1"), 3) is None


def test_progress_knows_another_hub_by_its_end() -> None:
    progress = Progress()
    progress.begin({PLACE: Position(9, 1_000)})
    progress.saw_ends(PLACE, 0, 8)
    assert progress.has_passed_an_end()
    progress.saw_ends(PLACE, 0, 9)
    assert not progress.has_passed_an_end()
    assert progress.start_of(PLACE) == 9


def test_progress_notices_that_nothing_is_read_although_there_is_something() -> None:
    progress = Progress()
    progress.begin({PLACE: Position(9, 1_000)})
    progress.saw_ends(PLACE, 0, 12)
    before = progress.positions()
    assert progress.is_stalled_since(before)
    progress.read(PLACE, Position(10, 1_000))
    assert not progress.is_stalled_since(before)
