"""Each outcome of an event, whole: what is stored, published and kept, the step, the counts and the requests."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from shared.events import (
    CompensationFailed,
    Event,
    EventData,
    InventoryReleased,
    Line,
    OrderCompleted,
    PaymentFailed,
    answer,
    encode,
    new_event,
    to_json,
)
from shared.runtime.engine import Engine
from shared.runtime.errors import TransientError
from shared.runtime.ports import DeadLetter, Message
from shared.runtime.record import Foreign, Json, Record
from shared.runtime.saga_run import Step
from tests.runtime.fakes import (
    NOON,
    Bench,
    Parcel,
    keys,
    messages,
    order_created,
    order_data,
    reserved,
    shipping_failed,
)
from tests.runtime.whole import PARTITION, WORK_SECONDS, TimedDesk, letter, letter_ids, record, step

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
    order = order_data(cause.order_id)
    return said(cause, OrderCompleted(order_id=cause.order_id, currency=order["currency"], total="24.90"))


def released(cause: Event[EventData], product: str) -> Json:
    lines = (Line(product_id=product, quantity=1),)
    return said(cause, InventoryReleased(order_id=cause.order_id, items=lines))


def stored(bench: Bench, order_id: str = "o-1") -> Record[Parcel]:
    """What is stored, but for the ETag."""
    return replace(bench.records.records[order_id], etag=None)


async def became(engine: Engine[Parcel], some: Sequence[Message]) -> list[Step | DeadLetter]:
    return (await engine.process(PARTITION, some)).became


async def test_what_opens_an_order_is_stored_published_and_told_without_a_look_at_the_store(bench: Bench) -> None:
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


async def test_what_was_ignored_stores_nothing_and_says_why(bench: Bench) -> None:
    bench.records.put(Record("o-1", "0", Parcel(1, "ada")))
    [message] = messages(CREATED)
    engine = bench.engine(look_first=True)
    assert await became(engine, [message]) == [step(CREATED, message, "ignored", detail="duplicate")]
    assert (bench.records.commits, bench.hub.sends, bench.dead.letters) == ([], [], [])
    assert engine.stats == Counter({"ignored": 1})


async def test_what_is_rejected_is_a_dead_letter_and_stores_nothing(bench: Bench) -> None:
    bench.records.put(Record("o-1", "0", Parcel(1, "grace")))
    [message] = messages(CREATED)
    engine = bench.engine(look_first=True)
    dead = letter(CREATED, message, "another_customer", "it belongs to grace")
    detail = "another_customer: it belongs to grace"
    assert await became(engine, [message]) == [step(CREATED, message, "dead letter", detail=detail, letter=dead)]
    assert (bench.records.commits, bench.hub.sends, bench.dead.letters) == ([], [], [dead])
    assert engine.stats == Counter({"dead letter": 1})


async def test_what_meets_a_bug_is_first_in_line_and_what_comes_after_it_waits(bench: Bench) -> None:
    bench.desk.failures = [BUG]
    some = messages(FIRST, SECOND)
    engine = bench.engine()
    bug = "ZeroDivisionError: a spoon in the gears"
    dead = letter(FIRST, some[0], "handler_failed", bug)
    waits = letter(SECOND, some[1], "waiting", f"behind {dead.id}", attempts=0)
    assert await became(engine, some) == [
        step(FIRST, some[0], "dead letter", seconds=WORK_SECONDS, detail=f"handler_failed: {bug}", letter=dead),
        step(SECOND, some[1], "dead letter", detail=f"waiting: {waits.detail}", letter=waits),
    ]
    assert stored(bench) == record("o-1", None, parked=(dead.id, waits.id))
    assert (bench.dead.letters, bench.hub.sends, bench.desk.calls) == ([dead, waits], [], ["o-1"])
    assert engine.stats == Counter({"dead letter": 2})


async def test_behind_letters_that_are_only_counted_an_event_waits_as_well(bench: Bench) -> None:
    bench.records.put(Record("o-1", "0", Parcel(1, "ada"), parked_beyond=3))
    [message] = messages(FIRST)
    waits = letter(FIRST, message, "waiting", "behind other dead letters of the order", attempts=0)
    detail = f"waiting: {waits.detail}"
    assert await became(bench.engine(), [message]) == [step(FIRST, message, "dead letter", detail=detail, letter=waits)]
    assert replace(stored(bench), pk="") == replace(record("o-1", Parcel(1, "ada"), parked_beyond=4), pk="")


async def test_used_up_retries_are_counted_and_put_the_event_first_in_line(bench: Bench) -> None:
    bench.desk.failures = [TransientError("busy"), TransientError("busier"), TransientError("closed")]
    [message] = messages(FIRST)
    engine = bench.engine()
    dead = letter(FIRST, message, "retries_used_up", "TransientError: closed", attempts=3)
    detail = "retries_used_up: TransientError: closed"
    assert await became(engine, [message]) == [
        step(FIRST, message, "dead letter", seconds=3 * WORK_SECONDS, detail=detail, letter=dead)
    ]
    assert stored(bench) == record("o-1", None, parked=(dead.id,))
    assert (bench.dead.letters, len(bench.slept)) == ([dead], 2)
    assert engine.stats == Counter({"retries": 3, "dead letter": 1})


async def test_who_gives_up_decides_in_place_of_the_handler(bench: Bench) -> None:
    bench.desk.failures = [TransientError("busy")] * 3
    [message] = messages(CREATED)
    engine = bench.engine()
    answers = (released(CREATED, "apology"),)
    assert await became(engine, [message]) == [
        step(CREATED, message, "gave up", answers=answers, seconds=3 * WORK_SECONDS)
    ]
    assert stored(bench) == record("o-1", Parcel(99), handled={CREATED.key: answers})
    assert engine.stats == Counter({"retries": 3, "gave up": 1})


async def test_a_compensation_that_is_owed_is_stored_said_kept_and_in_nobodys_way(bench: Bench) -> None:
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


async def test_what_is_said_without_being_announced_is_a_bug_and_changes_nothing(bench: Bench) -> None:
    event = new_event(PaymentFailed(order_id="o-1", reason="card_declined"), source="/tests", time=NOON, id="x")
    [message] = messages(event)
    bug = "TypeError: desk does not say PaymentFailed.v1: add it to SAYS, or do not say it"
    dead = letter(event, message, "handler_failed", bug)
    assert await became(bench.engine(), [message]) == [
        step(event, message, "dead letter", detail=f"handler_failed: {bug}", letter=dead)
    ]
    assert stored(bench) == record("o-1", None, parked=(dead.id,))


async def test_what_cannot_be_read_of_a_known_order_is_kept_and_holds_it_up(bench: Bench) -> None:
    bench.records.put(Record("o-1", record("o-1", None).pk, Parcel(1, "ada")))
    [message] = messages(encode({**to_json(FIRST), "type": "OrderEaten.v1"}))
    engine = bench.engine()
    [dead] = await became(engine, [message])
    assert isinstance(dead, DeadLetter)
    assert (dead.reason, dead.message, dead.partition) == ("unknown_type", message, PARTITION)
    assert (dead.order_id, dead.event_id, dead.dead_at) == ("o-1", "a", NOON)
    assert stored(bench) == record("o-1", Parcel(1, "ada"), parked=(dead.id,))
    assert bench.dead.letters == [dead]
    assert engine.stats == Counter({"dead letter": 1})


async def test_of_an_order_whose_document_cannot_be_read_nothing_is_handled(bench: Bench) -> None:
    foreign = Foreign({"id": "o-1"}, "version 9 of the state is not known")
    bench.records.put(Record("o-1", record("o-1", None).pk, foreign=foreign))
    [message] = messages(FIRST)
    dead = letter(FIRST, message, "state_unreadable", foreign.problem)
    detail = f"state_unreadable: {foreign.problem}"
    assert await became(bench.engine(), [message]) == [step(FIRST, message, "dead letter", detail=detail, letter=dead)]
    assert stored(bench) == record("o-1", None, foreign=foreign, parked=(dead.id,))
    assert (bench.dead.letters, bench.desk.calls) == ([dead], [])


async def test_what_was_discarded_has_no_effect_and_is_told(bench: Bench) -> None:
    engine = bench.engine(look_first=True)
    [message] = messages(FIRST)
    await engine.discard("o-1", message.letter_id(PARTITION), PARTITION, message)
    [again] = messages(FIRST, start=5)
    for one in (message, again):
        assert await engine.redeliver(PARTITION, one) == step(FIRST, one, "discarded")
    assert stored(bench) == record("o-1", None, discarded=(message.letter_id(PARTITION), keys("a")[0]))
    assert (bench.desk.calls, bench.dead.letters, bench.hub.sends) == ([], [], [])
    assert engine.stats == Counter({"discarded": 2})
