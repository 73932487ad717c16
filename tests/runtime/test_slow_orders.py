"""A port that is slow, or never answers, holds up its own order. The partition continues, and the checkpoint waits."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from quartet.azure.event_hubs.watermark import Watermark
from quartet.engine.declaration.outcome import Decided
from quartet.engine.errors import TransientError
from quartet.engine.failures.time_limit import with_time_limit
from quartet.engine.failures.timeouts import stretched
from quartet.engine.ports import DeadLetter
from quartet.engine.records.recorder import Recorder
from quartet.engine.saga_update import SagaUpdate
from tests.runtime.fakes import NOON, Bench, Desk, MemoryDeadLetters, Parcel, messages, order_created, reserved


@dataclass
class SlowDesk(Desk):
    """Does not answer for one order until the test says so."""

    slow: str = ""
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def work(self, order_id: str) -> None:
        await super().work(order_id)
        if order_id == self.slow:
            self.is_asked.set()
            await self.may_answer.wait()


class FarAway(MemoryDeadLetters):
    async def put(self, letters: Sequence[DeadLetter]) -> None:
        await asyncio.sleep(0.01)  # as any store takes: a batch that waits for room looks meanwhile, in vain
        await super().put(letters)


def said(bench: Bench) -> list[str]:
    return [event["subject"] for event in bench.hub.said]


async def test_the_quick_orders_of_a_batch_are_finished_and_the_checkpoint_stays_before_the_slow_one() -> None:
    bench = Bench(desk=(desk := SlowDesk(slow="o-1")))
    batch = await bench.engine(together_seconds=0.05).process(
        "0", messages(*(order_created(f"o-{n}") for n in range(4)), start=10)
    )
    assert said(bench) == ["o-0", "o-2", "o-3"]
    assert batch.first_unfinished == 11

    desk.may_answer.set()
    await batch.finish()
    assert batch.first_unfinished is None
    assert said(bench) == ["o-0", "o-2", "o-3", "o-1"]


async def test_the_next_batch_of_the_partition_continues_and_the_slow_order_keeps_its_turn() -> None:
    bench = Bench(desk=(desk := SlowDesk(slow="o-1")))
    engine = bench.engine(together_seconds=0.05)
    first = await engine.process("0", messages(order_created("o-1")))
    second = await engine.process("0", messages(reserved("o-1"), order_created("o-2"), start=1))
    assert said(bench) == ["o-2"]
    assert (first.first_unfinished, second.first_unfinished) == (0, 1)
    assert bench.desk.calls == ["o-1", "o-2"]

    desk.may_answer.set()
    await first.finish()
    await second.finish()
    assert bench.desk.calls == ["o-1", "o-2", "o-1"]
    assert bench.records.records["o-1"].state == Parcel(2, "ada")


async def test_a_cancelled_batch_is_not_finished() -> None:
    bench = Bench(desk=SlowDesk(slow="o-1"))
    batch = await bench.engine(together_seconds=0.05).process("0", messages(order_created("o-1"), order_created("o-2")))
    assert batch.task is not None
    batch.task.cancel()
    await asyncio.wait([batch.task])
    assert batch.first_unfinished == 0


async def test_a_batch_that_is_cancelled_early_frees_its_orders() -> None:
    bench = Bench(desk=(desk := SlowDesk(slow="o-1")))
    engine = bench.engine()
    dying = asyncio.create_task(engine.process("0", messages(order_created("o-1"))))
    await desk.is_asked.wait()
    dying.cancel()
    await asyncio.wait([dying])
    desk.may_answer.set()
    batch = await engine.process("0", messages(order_created("o-1")))
    assert batch.first_unfinished is None
    assert said(bench) == ["o-1"]


async def test_a_port_that_never_answers_has_an_unknown_outcome_after_its_time() -> None:
    bench = Bench(desk=SlowDesk(slow="o-1"))
    engine = bench.engine(together_seconds=0.01, call_seconds=0.01)
    batch = await engine.process("0", messages(order_created("o-1"), order_created("o-2")))
    await batch.finish()

    assert bench.desk.calls.count("o-1") == 3
    assert engine.stats["retries"] == 3
    assert [event["type"] for event in bench.hub.said if event["subject"] == "o-1"] == ["InventoryReleased.v1"]
    assert bench.dead.letters == []


async def test_an_event_that_is_at_work_too_long_is_reported_with_its_place() -> None:
    bench = Bench(desk=(desk := SlowDesk(slow="o-1")))
    now = [NOON]
    engine = bench.engine(together_seconds=0.01, now=lambda: now[0])
    batch = await engine.process("3", messages(order_created("o-2"), order_created("o-1"), start=7))
    now[0] += timedelta(seconds=59)
    assert engine.standing(60) == []
    now[0] += timedelta(seconds=2)
    [standing] = engine.standing(60)
    assert (standing.partition, standing.sequence_number, standing.what, standing.saga, standing.seconds) == (
        "3",
        8,
        "OrderCreated.v1",
        "o-1",
        61,
    )
    desk.may_answer.set()
    await batch.finish()
    assert engine.standing(60) == []


class Sluggish:
    """A port that says itself how long its calls may take."""

    call_seconds = 0.01

    async def work(self) -> str:
        await asyncio.Event().wait()
        return "never"

    async def quick(self, answer: int) -> int:
        return answer

    def rate(self) -> str:
        return "not awaited"


@dataclass
class Bundle:
    """Two ports in one."""

    first: Sluggish = field(default_factory=Sluggish)
    deadline: timedelta = timedelta(minutes=1)


async def test_a_port_may_set_its_own_limit_and_other_calls_pass() -> None:
    port = with_time_limit(Sluggish(), 1000)
    with pytest.raises(TransientError, match=r"Sluggish\.work did not answer within 0\.01 s"):
        await port.work()
    assert await port.quick(7) == 7
    assert port.rate() == "not awaited"


async def test_each_port_of_a_bundle_has_its_limit_and_values_pass() -> None:
    bundle = with_time_limit(Bundle(), 1000)
    with pytest.raises(TransientError):
        await bundle.first.work()
    assert bundle.deadline == timedelta(minutes=1)


def test_attributes_that_are_not_coroutines_are_left_alone() -> None:
    policy = Decided(Parcel(1))
    assert with_time_limit(policy, 1) is policy


async def test_a_timeout_of_the_port_itself_is_its_own() -> None:
    class Hasty:
        async def work(self) -> None:
            raise TimeoutError("the gateway's own")

    with pytest.raises(TimeoutError, match="the gateway's own"):
        await with_time_limit(Hasty(), 1000).work()


@dataclass
class Received:
    sequence_number: int


@dataclass
class Work:
    first_unfinished: int | None = None


def events(*numbers: int) -> list[Received]:
    return [Received(number) for number in numbers]


def advance(watermark: Watermark) -> int | None:
    last = watermark.advance()
    return None if last is None else last.sequence_number


def test_the_watermark_stays_before_the_first_event_that_is_not_finished() -> None:
    watermark, slow, slower = Watermark(), Work(2), Work(5)
    watermark.add(events(1, 2, 3), slow)  # type: ignore[arg-type]  # as far as the watermark looks
    assert advance(watermark) == 1
    watermark.add(events(4, 5, 6), slower)  # type: ignore[arg-type]  # likewise
    watermark.add(events(7), Work())  # type: ignore[arg-type]  # likewise
    assert advance(watermark) is None
    slow.first_unfinished = None
    assert advance(watermark) == 4
    slower.first_unfinished = None
    assert advance(watermark) == 7
    assert advance(watermark) is None


def test_behind_an_event_that_takes_hours_hardly_anything_is_kept() -> None:
    watermark, slow = Watermark(), Work(1)
    for number in range(1, 10_000, 3):
        work = slow if number == 1 else Work()
        watermark.add(events(number, number + 1, number + 2), work)  # type: ignore[arg-type]  # likewise
        assert advance(watermark) is None
        assert len(watermark) <= 4
    slow.first_unfinished = None
    assert advance(watermark) == 9_999
    assert len(watermark) == 0


async def test_too_many_slow_orders_hold_up_the_partition_until_one_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("quartet.engine.engine._SLOW_SAGAS", 1)
    desk = SlowDesk(slow="o-1")
    bench = Bench(desk=desk)
    engine = bench.engine(together_seconds=0.05)
    await engine.process("0", messages(order_created("o-1")))
    waiting = asyncio.create_task(engine.process("0", messages(order_created("o-2"), start=1)))
    await asyncio.sleep(0)
    assert said(bench) == []
    desk.may_answer.set()
    await waiting
    assert sorted(said(bench)) == ["o-1", "o-2"]


async def test_a_batch_that_waits_for_room_continues_when_the_slow_one_has_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("quartet.engine.engine._SLOW_SAGAS", 1)
    bench = Bench(desk=(desk := SlowDesk(slow="o-1")), dead=FarAway())
    engine = bench.engine(together_seconds=0.05)
    slow = await engine.process("0", messages(order_created("o-1")))
    waiting = asyncio.create_task(engine.process("1", messages(order_created("o-2"))))
    await asyncio.sleep(0)

    honest = Recorder.commit

    async def commit(recorder: Recorder[Parcel], runs: Sequence[SagaUpdate[Parcel]]) -> set[str]:
        if any(run.record.saga_id == "o-1" for run in runs):
            raise ZeroDivisionError("a bug that is planted here")
        return await honest(recorder, runs)

    monkeypatch.setattr(Recorder, "commit", commit)
    desk.may_answer.set()
    await slow.finish()
    await asyncio.wait_for(waiting, stretched(10))
    assert said(bench) == ["o-2"]
    assert [letter.reason for letter in bench.dead.letters] == ["runtime_failed"]
