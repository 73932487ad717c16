"""What a run adds to a record and drops from it, and what is left where its result cannot be stored."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from quartet.engine.declaration.outcome import Outcome, Rejected
from quartet.engine.declaration.reaction import on
from quartet.engine.records.record import Record, RecordLimits, surplus
from quartet.events import Event
from shared.events import OrderCreated, ShippingFailed
from tests.runtime.fakes import (
    DESK_SERVICE,
    Bench,
    Desk,
    MemoryRecords,
    Parcel,
    desk_that,
    keys,
    messages,
    open_parcel,
    order_created,
    reserved,
    shipping_failed,
)
from tests.runtime.whole import PARTITION, TimedDesk, letter, letter_ids, record, step, stored

AT_HOME = replace(DESK_SERVICE, acts_outside=False)
"""A participant that needs no commit between two events of an order."""

PK = record("o-1", None).pk
OLD = {name: ({"id": f"said-{name}", "subject": "o-1"},) for name in ("x", "y", "z")}


async def test_before_a_record_could_be_filled_by_what_is_not_committed_it_is_committed() -> None:
    bench = Bench()
    some = messages(*(reserved("o-1", f"r-{n}") for n in range(5)))
    await bench.engine(participant=AT_HOME, limits=RecordLimits(handled=4)).process(PARTITION, some)
    assert len(bench.records.commits) == 3, "two, two and one"
    assert list(bench.records.records["o-1"].handled) == keys("r-1", "r-2", "r-3", "r-4")


async def test_uncommitted_answers_stay_however_large_they_are() -> None:
    bench = Bench()
    some = messages(*(reserved("o-1", f"r-{n}") for n in range(3)))
    tight = RecordLimits(handled_bytes=1)
    await bench.engine(participant=AT_HOME, limits=tight).process(PARTITION, some)
    assert list(bench.records.records["o-1"].handled) == keys("r-0", "r-1", "r-2")


async def test_all_answers_that_leave_the_record_are_published_once_more() -> None:
    bench = Bench()
    bench.records.put(Record("o-1", PK, Parcel(1, "ada"), dict(OLD)))
    await bench.engine(limits=RecordLimits(handled=2)).process(PARTITION, messages(reserved("o-1", "a")))
    assert list(bench.records.records["o-1"].handled) == ["z", *keys("a")]
    assert bench.hub.sends == [(PARTITION, [*OLD["x"], *OLD["y"]])]


@pytest.mark.parametrize(("spare", "gone"), [(0, 0), (-1, 1)])
def test_answers_of_exactly_the_limit_fit(spare: int, gone: int) -> None:
    size = sum(len(name) + len('[{"id": "said-x", "subject": "o-1"}]') for name in OLD)
    assert surplus(OLD, RecordLimits(handled_bytes=size + spare)) == gone


class Full(MemoryRecords):
    """Stores no state, but takes the line of dead letters."""

    async def commit(self, records: Sequence[Record[Parcel]]) -> dict[str, str]:
        if any(one.state is not None for one in records):
            raise ValueError("413: too large")
        return await super().commit(records)


async def test_a_state_that_cannot_be_stored_puts_its_event_first_and_the_others_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(records=Full(), desk=TimedDesk().start(monkeypatch))
    first, second = reserved("o-1", "a"), reserved("o-1", "b")
    some = messages(first, second)
    batch = await bench.engine(participant=AT_HOME).process(PARTITION, some)
    dead = letter(first, some[0], "state_not_stored", "ValueError: 413: too large")
    waits = letter(second, some[1], "waiting", f"behind {dead.id}", attempts=0)
    detail = "state_not_stored: ValueError: 413: too large"
    assert batch.became == [
        step(first, some[0], "dead letter", detail=detail, letter=dead),
        step(second, some[1], "dead letter", detail=f"waiting: {waits.detail}", letter=waits),
    ]
    assert stored(bench) == record("o-1", None, parked=(dead.id, waits.id))
    assert (bench.dead.letters, bench.hub.sends) == ([dead, waits], [])


async def test_a_state_that_cannot_be_stored_of_a_queued_event_costs_no_further_write() -> None:
    bench = Bench(records=Full())
    [message] = messages(reserved("o-1"))
    bench.records.put(record("o-1", None, parked=letter_ids([message])))
    await bench.engine().process(PARTITION, [message])
    assert bench.records.commits == []
    assert [one.reason for one in bench.dead.letters] == ["state_not_stored"]


async def test_an_owed_compensation_that_is_refused_stays_owed() -> None:
    async def refuse(_event: Event[ShippingFailed], _parcel: Parcel | None, _desk: Desk) -> Outcome[Parcel]:
        return Rejected("not_ours", "it is unknown")

    bench = Bench()
    event = shipping_failed("o-1")
    [message] = messages(event)
    owing = record("o-1", Parcel(1, "ada"), owed=letter_ids([message]))
    bench.records.put(owing)
    refusing = desk_that(on(ShippingFailed, refuse))
    await bench.engine(participant=refusing).process(PARTITION, [message])
    assert bench.dead.letters == [letter(event, message, "not_ours", "it is unknown")]
    assert stored(bench) == owing


async def test_a_fallback_gets_the_state() -> None:
    async def close(_event: object, parcel: Parcel | None, _desk: Desk) -> Outcome[Parcel]:
        return Rejected("given_up", f"at {parcel}")

    bench = Bench()
    bench.records.put(record("o-1", Parcel(5)))
    bench.desk.failures = [TimeoutError("busy")] * 3
    participant = desk_that(on(OrderCreated, open_parcel, fallback=close, creates=True))
    await bench.engine(participant=participant, look_first=True).process(PARTITION, messages(order_created("o-1")))
    assert [one.detail for one in bench.dead.letters] == [f"at {Parcel(5)}"]


async def test_a_discard_is_recorded_once_and_without_an_event_by_its_dead_letter() -> None:
    bench = Bench()
    [message] = messages(reserved("o-1"))
    engine = bench.engine()
    for _ in range(2):
        await engine.discard("o-1", "3-7-abc", PARTITION)
        await engine.discard("o-1", message.letter_id(PARTITION), PARTITION, message)
    discarded = ("3-7-abc", message.letter_id(PARTITION), reserved("o-1").key)
    assert stored(bench) == record("o-1", None, discarded=discarded)


async def test_the_newest_of_many_discards_are_recorded() -> None:
    bench = Bench()
    engine = bench.engine(limits=RecordLimits(discarded=2))
    for number in range(3):
        await engine.discard("o-1", f"l-{number}", PARTITION)
    assert bench.records.records["o-1"].discarded == ("l-1", "l-2")


@pytest.mark.parametrize(
    ("parked", "beyond", "after"),
    [
        ((), 3, (("l-1", "l-2"), 1)),
        ((), 9, (("l-1", "l-2"), 1)),
        ((), 0, None),
        (("l-0",), 3, None),
    ],
)
async def test_dead_letters_enter_the_queue_only_in_place_of_counted_ones(
    parked: tuple[str, ...], beyond: int, after: tuple[tuple[str, ...], int] | None
) -> None:
    bench = Bench()
    before = replace(record("o-1", Parcel(1), parked=parked, parked_beyond=beyond), partition="9")
    bench.records.put(before)
    engine = bench.engine(limits=RecordLimits(parked=2))
    assert await engine.line_up(await engine.record("o-1"), ["l-1", "l-2", "l-3"], PARTITION)
    expected = before if after is None else record("o-1", Parcel(1), parked=after[0], parked_beyond=after[1])
    assert stored(bench) == expected


async def test_dead_letters_enter_the_queue_only_if_no_other_process_has_written_the_order() -> None:
    bench = Bench()
    bench.records.put(record("o-1", Parcel(1), parked_beyond=3))
    engine = bench.engine()
    seen = await engine.record("o-1")
    bench.records.put(record("o-1", Parcel(2), parked_beyond=2))
    assert not await engine.line_up(seen, ["l-1", "l-2", "l-3"], PARTITION)
    assert stored(bench) == record("o-1", Parcel(2), parked_beyond=2)


async def test_a_dead_letter_that_is_removed_leaves_the_queue_and_nothing_else_changes() -> None:
    bench = Bench()
    bench.records.put(record("o-1", Parcel(1), parked=("l-1", "l-2"), owed=("l-0",)))
    engine = bench.engine()
    for gone in ("l-1", "l-0", "l-7"):
        await engine.strike("o-1", gone, PARTITION)
    assert stored(bench) == record("o-1", Parcel(1), parked=("l-2",))
    assert len(bench.records.commits) == 2, "of a letter that is not there nothing is written"
