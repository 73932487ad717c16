"""Slow orders, and bugs of the runtime: what a batch waits for, and its log."""

import asyncio
from collections import Counter, defaultdict
from dataclasses import replace

import pytest

from quartet.engine.received import Delivered
from quartet.engine.saga_update import SagaUpdate, Step
from quartet.events import encode, to_json
from tests.runtime.fakes import (
    DESK_SERVICE,
    NOON,
    Bench,
    Desk,
    Parcel,
    messages,
    order_created,
    reserved,
)
from tests.runtime.test_slow_orders import SlowDesk
from tests.runtime.whole import PARTITION, letter, record, stored, told_of, turns

EVENT = reserved("o-1")


async def test_the_other_events_of_an_order_are_handled_on_the_committed_state() -> None:
    bench = Bench()
    participant = replace(DESK_SERVICE, acts_outside=True)
    some = messages(order_created("o-1"), reserved("o-1", "a"), reserved("o-2"), reserved("o-1", "b"))
    batch = await bench.engine(participant=participant).process(PARTITION, some)
    assert told_of(batch.became) == [("o-1", "opened"), ("o-1", "handled"), ("o-2", "handled"), ("o-1", "handled")]
    assert [one.delivery.message for one in batch.became if isinstance(one, Step)] == some
    assert bench.records.commits == [{"o-1", "o-2"}, {"o-1"}, {"o-1"}]
    assert bench.records.loads == [{"o-2"}]


async def test_an_unreadable_message_is_stored_once_also_beside_a_slow_order() -> None:
    bench = Bench(desk=(desk := SlowDesk(slow="o-1")))
    some = messages(b"not json", order_created("o-1"), order_created("o-2"))
    batch = await bench.engine(together_seconds=0.01).process(PARTITION, some)
    await turns()
    assert sorted(told_of(batch.became)) == [("None", "not_json"), ("o-2", "opened")]
    assert (batch.first_unfinished, list(batch.open_sagas)) == (1, ["o-1"])
    desk.may_answer.set()
    await batch.finish()
    assert sorted(told_of(batch.became)) == [("None", "not_json"), ("o-1", "opened"), ("o-2", "opened")]
    assert [(one.reason, one.attempts) for one in bench.dead.letters] == [("not_json", 1)]


class OneByOne(Desk):
    """Answers each order when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    async def work(self, order_id: str) -> None:
        await self.may_answer[order_id].wait()


async def test_up_to_the_limit_slow_orders_hold_up_no_batch_and_one_more_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quartet.engine.engine._SLOW_SAGAS", 2)
    bench = Bench(desk=(desk := OneByOne()))
    engine = bench.engine(together_seconds=0.01)
    batches = [await engine.process(PARTITION, messages(order_created(f"o-{n}"), start=n)) for n in (0, 1)]
    third = asyncio.create_task(engine.process(PARTITION, messages(order_created("o-2"), start=2)))
    await turns()
    assert (sorted(desk.may_answer), third.done()) == (["o-0", "o-1"], False), "o-2 is not even started"
    desk.may_answer["o-2"].set()
    desk.may_answer["o-0"].set()
    await (await third).finish()
    assert [batch.first_unfinished for batch in batches] == [None, 1]
    desk.may_answer["o-1"].set()
    await batches[1].finish()
    assert sorted(event["subject"] for event in bench.hub.said) == ["o-0", "o-1", "o-2"]


async def test_a_batch_that_is_cancelled_ends_as_cancelled_and_so_does_the_work_on_it() -> None:
    bench = Bench(desk=(desk := SlowDesk(slow="o-1")))
    engine = bench.engine()
    dying = asyncio.create_task(engine.process(PARTITION, messages(order_created("o-1"))))
    await desk.is_asked.wait()
    dying.cancel()
    await asyncio.wait([dying])
    assert (dying.cancelled(), engine.standing(0)) == (True, [])


async def test_a_slow_order_that_is_done_does_not_wait_for_another_slow_one() -> None:
    bench = Bench(desk=(desk := OneByOne()))
    some = messages(order_created("o-1"), order_created("o-2"), start=5)
    batch = await bench.engine(together_seconds=0.01).process(PARTITION, some)
    assert (batch.became, batch.first_unfinished) == ([], 5)
    desk.may_answer["o-1"].set()
    await bench.hub.asked.wait()
    assert (told_of(batch.became), batch.first_unfinished) == ([("o-1", "opened")], 6)
    desk.may_answer["o-2"].set()
    await batch.finish()
    assert (told_of(batch.became), batch.first_unfinished) == ([("o-1", "opened"), ("o-2", "opened")], None)


async def test_without_a_limit_a_batch_waits_for_all_of_its_orders() -> None:
    bench = Bench(desk=(desk := SlowDesk(slow="o-1")))
    working = asyncio.create_task(bench.engine().process(PARTITION, messages(order_created("o-1"), reserved("o-2"))))
    await desk.is_asked.wait()
    assert (working.done(), bench.records.commits) == (False, [])
    desk.may_answer.set()
    batch = await working
    assert (batch.first_unfinished, bench.records.commits) == (None, [{"o-1", "o-2"}])


async def test_a_third_batch_of_an_order_waits_for_the_second_one() -> None:
    bench = Bench(desk=(desk := SlowDesk(slow="o-1")))
    engine = bench.engine(together_seconds=0.01)
    events = (order_created("o-1"), reserved("o-1", "a"), reserved("o-1", "b"))
    batches = [await engine.process(PARTITION, messages(event, start=n)) for n, event in enumerate(events)]
    assert bench.desk.calls == ["o-1"]
    desk.may_answer.set()
    await asyncio.gather(*(batch.finish() for batch in batches))
    assert [told_of(batch.became) for batch in batches] == [
        [("o-1", "opened")],
        [("o-1", "handled")],
        [("o-1", "handled")],
    ]
    handled = {events[0].key: tuple(bench.hub.said), events[1].key: (), events[2].key: ()}
    assert stored(bench) == record("o-1", Parcel(3, "ada"), handled=handled)
    assert bench.records.loads == [], "each of them builds on what the one before has left in memory"


async def test_an_order_keeps_its_turn_also_after_a_batch_of_other_orders() -> None:
    bench = Bench(desk=(desk := SlowDesk(slow="o-1")))
    engine = bench.engine(together_seconds=0.01)
    events = (order_created("o-1"), order_created("o-2"), reserved("o-1"))
    batches = [await engine.process(PARTITION, messages(event, start=n)) for n, event in enumerate(events)]
    await batches[1].finish()
    assert (bench.desk.calls, [batch.first_unfinished for batch in batches]) == (["o-1", "o-2"], [0, None, 2])
    desk.may_answer.set()
    await asyncio.gather(*(batch.finish() for batch in batches))
    assert (bench.desk.calls, engine.stats["conflicts"]) == (["o-1", "o-2", "o-1"], 0)


async def test_an_order_that_waits_for_its_turn_then_handles_all_of_its_events() -> None:
    bench = Bench(desk=(desk := SlowDesk(slow="o-1")))
    engine = bench.engine(together_seconds=0.01)
    first = await engine.process(PARTITION, messages(order_created("o-1")))
    some = messages(reserved("o-1", "a"), reserved("o-2"), reserved("o-1", "b"), start=1)
    second = await engine.process(PARTITION, some)
    await turns()
    assert told_of(second.became) == [("o-2", "handled")]
    desk.may_answer.set()
    await asyncio.gather(first.finish(), second.finish())
    assert told_of(second.became) == [("o-2", "handled"), ("o-1", "handled"), ("o-1", "handled")]
    assert engine.stats == Counter({"opened": 1, "handled": 3})


async def test_a_bug_of_the_runtime_is_logged_once_with_its_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    honest = SagaUpdate.admit

    def admit(run: SagaUpdate[Parcel], item: Delivered) -> bool:
        if item.saga_id == "o-1":
            raise RecursionError("a bug that is planted here")
        return honest(run, item)

    monkeypatch.setattr(SagaUpdate, "admit", admit)
    bench = Bench()
    some = messages(reserved("o-0"), EVENT, reserved("o-2"), b"not json")
    batch = await bench.engine().process(PARTITION, some)
    assert told_of(batch.became) == [
        ("o-0", "handled"),
        ("o-1", "runtime_failed"),
        ("o-2", "handled"),
        ("None", "not_json"),
    ]
    dead = letter(EVENT, some[1], "runtime_failed", "RecursionError: a bug that is planted here")
    assert (batch.became[1], batch.first_unfinished) == (dead, None)
    assert [(one.partition, one.dead_at) for one in bench.dead.letters] == [(PARTITION, NOON)] * 2
    assert stored(bench, "o-0") == record("o-0", Parcel(1), handled={reserved("o-0").key: ()})


async def test_one_message_is_returned_with_its_outcome() -> None:
    engine = Bench().engine()
    foreign = encode({**to_json(EVENT), "type": "OrderCancelled.v1", "source": "/services/order"})
    became = [await engine.redeliver(PARTITION, message) for message in messages(EVENT, b"not json", foreign)]
    assert told_of([one for one in became if one is not None]) == [("o-1", "handled"), ("None", "not_json")]
    assert became[2] is None
