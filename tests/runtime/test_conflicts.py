"""Conflicts: how often an order runs again, when with a pause, and when it is given up."""

from collections import Counter
from collections.abc import Sequence

import pytest

from quartet.engine.records.record import Record
from tests.runtime.fakes import (
    Bench,
    MemoryRecords,
    Parcel,
    messages,
    reserved,
)
from tests.runtime.whole import PARTITION, TimedDesk, letter, told_of

EVENT = reserved("o-1")


class Contested(MemoryRecords):
    """Lets another writer win some commits of the first order."""

    def __init__(self, lost: int) -> None:
        super().__init__()
        self.lost = lost
        self.attempts = 0

    async def commit(self, records: Sequence[Record[Parcel]]) -> dict[str, str]:
        if not any(one.saga_id == "o-1" for one in records):
            return await super().commit(records)
        self.attempts += 1
        if self.attempts > self.lost:
            return await super().commit(records)
        return await super().commit([one for one in records if one.saga_id != "o-1"])


@pytest.mark.parametrize(("lost", "pauses"), [(1, 0), (3, 0), (4, 1), (6, 3), (19, 16)])
async def test_a_loser_runs_again_immediately_and_after_three_times_with_a_pause(lost: int, pauses: int) -> None:
    bench = Bench(records=(records := Contested(lost)))
    engine = bench.engine()
    batch = await engine.process(PARTITION, messages(EVENT, reserved("o-2")))
    assert sorted(told_of(batch.became)) == [("o-1", "handled"), ("o-2", "handled")]
    assert (records.attempts, bench.slept) == (lost + 1, [0.5] * pauses)
    assert records.loads == [{"o-1", "o-2"}, *[{"o-1"}] * lost]
    assert engine.stats == Counter({"conflicts": lost, "handled": 2})
    assert bench.desk.calls == ["o-1", "o-2", *["o-1"] * lost]
    assert records.records["o-1"].state == Parcel(1)


async def test_an_event_that_loses_twenty_times_is_a_dead_letter_without_another_write(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(records=(records := Contested(1000)), desk=TimedDesk().start(monkeypatch))
    engine = bench.engine()
    [message, _] = some = messages(EVENT, reserved("o-2"))
    batch = await engine.process(PARTITION, some)
    problem = "lost to another writer 20 times in a row"
    assert bench.dead.letters == [letter(EVENT, message, "state_not_stored", problem)]
    assert sorted(told_of(batch.became)) == [("o-1", "dead letter"), ("o-2", "handled")]
    assert (records.attempts, bench.slept) == (20, [0.5] * 16)
    assert engine.stats == Counter({"conflicts": 20, "handled": 1, "dead letter": 1})
    assert "o-1" not in records.records


async def test_a_conflict_of_one_batch_does_not_count_in_the_next() -> None:
    bench = Bench(records=(records := Contested(3)))
    engine = bench.engine()
    await engine.process(PARTITION, messages(reserved("o-1", "a")))
    records.attempts = 0
    await engine.process(PARTITION, messages(reserved("o-1", "b"), start=1))
    assert (bench.slept, records.records["o-1"].state) == ([], Parcel(2))
