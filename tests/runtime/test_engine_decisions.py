"""Each outcome of an event, whole: what is stored, published and kept, the step, the counts and the requests."""

from collections import Counter

import pytest

from quartet.engine.errors import TransientError
from quartet.engine.records.record import Json, Record
from quartet.events import Event, EventData, answer, to_json
from shared.events import CompensationFailed, InventoryReleased, Line, OrderCompleted
from tests.runtime.fakes import (
    NOON,
    Bench,
    Parcel,
    messages,
    order_created,
    order_data,
    reserved,
    shipping_failed,
)
from tests.runtime.whole import PARTITION, WORK_SECONDS, TimedDesk, became, letter, letter_ids, record, step, stored

BUG = ZeroDivisionError("a spoon in the gears")
CREATED = order_created("o-1")
FIRST, SECOND = reserved("o-1", "a"), reserved("o-1", "b")
FAILED = shipping_failed("o-1")


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(desk=TimedDesk().start(monkeypatch))


def said(cause: Event[EventData], data: EventData) -> Json:
    return to_json(answer(cause, data, source="/services/desk", time=NOON))


def completed(cause: Event[EventData]) -> Json:
    order = order_data(cause.saga_id)
    return said(cause, OrderCompleted(order_id=cause.saga_id, currency=order["currency"], total="24.90"))


def released(cause: Event[EventData], product: str) -> Json:
    lines = (Line(product_id=product, quantity=1),)
    return said(cause, InventoryReleased(order_id=cause.saga_id, items=lines))


async def test_an_event_that_opens_an_order_is_stored_published_and_logged_without_a_read(bench: Bench) -> None:
    [message] = messages(CREATED, start=7)
    engine = bench.engine()
    answers = (completed(CREATED),)
    assert await became(engine, [message]) == [step(CREATED, message, "opened", answers=answers, seconds=WORK_SECONDS)]
    assert stored(bench) == record("o-1", Parcel(1, "ada"), handled={CREATED.key: answers})
    assert bench.hub.sends == [(PARTITION, list(answers))]
    assert (bench.records.loads, bench.records.commits, bench.dead.letters) == ([], [{"o-1"}], [])
    assert engine.stats == Counter({"opened": 1})


async def test_a_decision_without_answers_is_stored_and_publishes_nothing(bench: Bench) -> None:
    [message] = messages(FIRST)
    engine = bench.engine()
    assert await became(engine, [message]) == [step(FIRST, message, "handled", seconds=WORK_SECONDS)]
    assert stored(bench) == record("o-1", Parcel(1), handled={FIRST.key: ()})
    assert (bench.records.loads, bench.records.commits, bench.hub.sends) == ([{"o-1"}], [{"o-1"}], [])
    assert engine.stats == Counter({"handled": 1})


async def test_a_repeat_publishes_the_recorded_answers_and_stores_nothing(bench: Bench) -> None:
    engine = bench.engine()
    await engine.process(PARTITION, messages(CREATED))
    before = dict(bench.records.records)
    [again] = messages(CREATED, start=9)
    answers = (completed(CREATED),)
    assert await became(engine, [again]) == [step(CREATED, again, "repeated", answers=answers)]
    assert bench.records.records == before
    assert bench.hub.sends == [(PARTITION, list(answers))] * 2
    assert (bench.records.loads, bench.records.commits) == ([], [{"o-1"}])
    assert engine.stats == Counter({"opened": 1, "repeated": 1})


async def test_an_ignored_event_stores_nothing_and_logs_why(bench: Bench) -> None:
    bench.records.put(Record("o-1", "0", Parcel(1, "ada")))
    [message] = messages(CREATED)
    engine = bench.engine(look_first=True)
    assert await became(engine, [message]) == [step(CREATED, message, "ignored", detail="duplicate")]
    assert (bench.records.commits, bench.hub.sends, bench.dead.letters) == ([], [], [])
    assert engine.stats == Counter({"ignored": 1})


async def test_a_rejected_event_is_a_dead_letter_and_stores_nothing(bench: Bench) -> None:
    bench.records.put(Record("o-1", "0", Parcel(1, "grace")))
    [message] = messages(CREATED)
    engine = bench.engine(look_first=True)
    dead = letter(CREATED, message, "another_customer", "it belongs to grace")
    detail = "another_customer: it belongs to grace"
    assert await became(engine, [message]) == [step(CREATED, message, "dead letter", detail=detail, letter=dead)]
    assert (bench.records.commits, bench.hub.sends, bench.dead.letters) == ([], [], [dead])
    assert engine.stats == Counter({"dead letter": 1})


async def test_a_fallback_decides_in_place_of_the_handler(bench: Bench) -> None:
    bench.desk.failures = [TransientError("busy")] * 3
    [message] = messages(CREATED)
    engine = bench.engine()
    answers = (released(CREATED, "apology"),)
    assert await became(engine, [message]) == [
        step(CREATED, message, "gave up", answers=answers, seconds=3 * WORK_SECONDS)
    ]
    assert stored(bench) == record("o-1", Parcel(99), handled={CREATED.key: answers})
    assert engine.stats == Counter({"retries": 3, "gave up": 1})


async def test_an_open_compensation_is_stored_and_published_has_a_dead_letter_and_blocks_nothing(bench: Bench) -> None:
    bench.desk.is_shut = True
    some = messages(FAILED, FIRST)
    engine = bench.engine()
    owed = CompensationFailed(order_id="o-1", compensation="refund", reason="desk_is_shut")
    answers = (said(FAILED, owed),)
    dead = letter(FAILED, some[0], "compensation_failed", "the desk is shut")
    detail = "compensation_failed: the desk is shut"
    assert await became(engine, some) == [
        step(FAILED, some[0], "not given back", answers=answers, detail=detail, letter=dead),
        step(FIRST, some[1], "handled", seconds=WORK_SECONDS),
    ]
    assert stored(bench) == record(
        "o-1", Parcel(1), handled={FAILED.key: answers, FIRST.key: ()}, owed=letter_ids(some[:1])
    )
    assert (bench.hub.said, bench.dead.letters) == (list(answers), [dead])
    assert engine.stats == Counter({"not given back": 1, "handled": 1})


async def test_an_owed_compensation_that_is_done_leaves_no_trace_of_being_owed(bench: Bench) -> None:
    bench.desk.is_shut = True
    [message] = messages(FAILED)
    await bench.engine().process(PARTITION, [message])
    [before] = stored(bench).handled[FAILED.key]
    bench.desk.is_shut = False
    answers = (before, released(FAILED, "teapot"))
    told = await bench.engine(look_first=True).redeliver(PARTITION, message)
    assert told == step(FAILED, message, "given back", answers=answers)
    assert stored(bench) == record("o-1", Parcel(0, given_back=True), handled={FAILED.key: answers})
