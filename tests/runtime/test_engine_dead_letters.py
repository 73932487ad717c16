"""Each way into the dead letters, whole: the letter, the step, what of the order is stored, and what waits."""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace

import pytest

from quartet.engine.errors import TransientError
from quartet.engine.ports import DeadLetter
from quartet.engine.records.record import Foreign, Record
from quartet.events import encode, new_event, to_json
from shared.events import PaymentFailed
from tests.runtime.fakes import NOON, Bench, MemoryRecords, Parcel, keys, messages, reserved
from tests.runtime.whole import PARTITION, WORK_SECONDS, TimedDesk, became, letter, record, step, stored

BUG = ZeroDivisionError("a spoon in the gears")
FIRST, SECOND = reserved("o-1", "a"), reserved("o-1", "b")


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(desk=TimedDesk().start(monkeypatch))


async def test_an_event_that_meets_a_bug_is_first_in_the_queue_and_later_ones_wait(bench: Bench) -> None:
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


async def test_an_event_also_waits_behind_dead_letters_that_are_only_counted(bench: Bench) -> None:
    bench.records.put(Record("o-1", "0", Parcel(1, "ada"), parked_beyond=3))
    [message] = messages(FIRST)
    waits = letter(FIRST, message, "waiting", "behind other dead letters of the saga", attempts=0)
    detail = f"waiting: {waits.detail}"
    assert await became(bench.engine(), [message]) == [step(FIRST, message, "dead letter", detail=detail, letter=waits)]
    assert replace(stored(bench), pk="") == replace(record("o-1", Parcel(1, "ada"), parked_beyond=4), pk="")


async def test_used_up_retries_are_counted_and_put_the_event_first_in_the_queue(bench: Bench) -> None:
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


async def test_an_answer_that_says_does_not_list_is_a_bug_and_changes_nothing(bench: Bench) -> None:
    event = new_event(
        PaymentFailed(order_id="o-1", reason="card_declined"), source="/services/payment", time=NOON, id="x"
    )
    [message] = messages(event)
    said = "desk does not say PaymentFailed.v1 about PaymentFailed.v1"
    bug = f"TypeError: {said}: add it to what the reaction says"
    dead = letter(event, message, "handler_failed", bug)
    assert await became(bench.engine(), [message]) == [
        step(event, message, "dead letter", detail=f"handler_failed: {bug}", letter=dead)
    ]
    assert stored(bench) == record("o-1", None, parked=(dead.id,))


async def test_an_unreadable_event_of_a_known_order_is_stored_and_blocks_it(bench: Bench) -> None:
    bench.records.put(Record("o-1", record("o-1", None).pk, Parcel(1, "ada")))
    [message] = messages(encode({**to_json(FIRST), "type": "OrderEaten.v1"}))
    engine = bench.engine()
    [dead] = await became(engine, [message])
    assert isinstance(dead, DeadLetter)
    assert (dead.reason, dead.message, dead.partition) == ("unknown_type", message, PARTITION)
    assert (dead.saga_id, dead.event_id, dead.dead_at) == ("o-1", "a", NOON)
    assert stored(bench) == record("o-1", Parcel(1, "ada"), parked=(dead.id,))
    assert bench.dead.letters == [dead]
    assert engine.stats == Counter({"dead letter": 1})


async def test_no_event_of_an_order_with_an_unreadable_document_is_handled(bench: Bench) -> None:
    foreign = Foreign({"id": "o-1"}, "version 9 of the state is not known")
    bench.records.put(Record("o-1", record("o-1", None).pk, foreign=foreign))
    [message] = messages(FIRST)
    dead = letter(FIRST, message, "state_unreadable", foreign.problem)
    detail = f"state_unreadable: {foreign.problem}"
    assert await became(bench.engine(), [message]) == [step(FIRST, message, "dead letter", detail=detail, letter=dead)]
    assert stored(bench) == record("o-1", None, foreign=foreign, parked=(dead.id,))
    assert (bench.dead.letters, bench.desk.calls) == ([dead], [])


class Unloadable(MemoryRecords):
    """Loads nothing, whatever one does."""

    async def load(self, order_ids: Collection[str]) -> dict[str, Record[Parcel]]:
        raise ValueError(f"{len(order_ids)} documents are damaged")


async def test_an_order_whose_document_cannot_be_loaded_is_not_written_either(bench: Bench) -> None:
    bench.records = Unloadable()
    [message] = messages(FIRST)
    problem = "its document cannot be loaded: ValueError: 1 documents are damaged"
    dead = letter(FIRST, message, "state_unreadable", problem)
    detail = f"state_unreadable: {problem}"
    assert await became(bench.engine(), [message]) == [step(FIRST, message, "dead letter", detail=detail, letter=dead)]
    assert (bench.dead.letters, bench.records.commits, bench.desk.calls) == ([dead], [], [])


async def test_a_discarded_event_has_no_effect_and_is_logged(bench: Bench) -> None:
    engine = bench.engine(look_first=True)
    [message] = messages(FIRST)
    await engine.discard("o-1", message.letter_id(PARTITION), PARTITION, message)
    [again] = messages(FIRST, start=5)
    for one in (message, again):
        assert await engine.redeliver(PARTITION, one) == step(FIRST, one, "discarded")
    assert stored(bench) == record("o-1", None, discarded=(message.letter_id(PARTITION), keys("a")[0]))
    assert (bench.desk.calls, bench.dead.letters, bench.hub.sends) == ([], [], [])
    assert engine.stats == Counter({"discarded": 2})


async def test_an_event_discarded_by_its_dead_letter_alone_has_no_effect_at_its_place(bench: Bench) -> None:
    """What cannot be read has no key: somewhere else it would be another event."""
    engine = bench.engine(look_first=True)
    [message], [elsewhere] = messages(FIRST), messages(FIRST, start=5)
    await engine.discard("o-1", message.letter_id(PARTITION), PARTITION)
    assert await engine.redeliver(PARTITION, message) == step(FIRST, message, "discarded")
    assert await engine.redeliver(PARTITION, elsewhere) == step(FIRST, elsewhere, "handled", seconds=WORK_SECONDS)
