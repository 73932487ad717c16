"""A record does not grow with what its saga hears, and nothing is lost where it forgets. See ADR 17."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from quartet.cli.status.sagas import answers_in
from quartet.engine.dead_letters.redrive import Redrive, Verdict
from quartet.engine.dead_letters.store import Settled, StoredLetter
from quartet.engine.declaration.outcome import Decided, Outcome
from quartet.engine.declaration.reaction import on
from quartet.engine.ports import Message
from quartet.engine.records.codec import RecordCodec
from quartet.engine.records.record import Record, RecordLimits, surplus
from quartet.events import Event, encode, new_event, to_json
from shared.events import OrderCancellationRejected, OrderCancellationRequested
from tests.runtime.fakes import (
    DESK_SERVICE,
    NOON,
    SHOP,
    Bench,
    Desk,
    MemoryDeadLetters,
    Parcel,
    keys,
    messages,
    order_created,
    reserved,
)

FEW = RecordLimits(handled=3, handled_bytes=100_000, parked=2, discarded=2)


async def say_no(event: Event[OrderCancellationRequested], parcel: Parcel | None, desk: Desk) -> Outcome[Parcel]:
    del desk
    no = OrderCancellationRejected(order_id=event.data.order_id, reason="already_shipped")
    return Decided(parcel or Parcel(0), (no,), "too late")


STUBBORN = replace(
    DESK_SERVICE,
    reactions=(*DESK_SERVICE.reactions, on(OrderCancellationRequested, say_no, says={OrderCancellationRejected})),
)


def cancellation(number: int) -> Event[OrderCancellationRequested]:
    data = OrderCancellationRequested(order_id="o-1", reason="customer")
    # Ids of 250 characters are allowed, and hostile.
    return new_event(data, source="/tests", time=datetime(2026, 7, 1, tzinfo=UTC), id=f"{number:06}".ljust(250, "x"))


async def test_ten_thousand_cancellations_leave_a_small_record() -> None:
    bench = Bench()
    engine = bench.engine(participant=STUBBORN)
    await engine.process("0", messages(order_created("o-1")))
    for start in range(0, 10_000, 1000):
        await engine.process("0", messages(*(cancellation(start + n) for n in range(1000)), start=start + 1))

    record = bench.records.records["o-1"]
    assert len(json.dumps(RecordCodec(Parcel).encode(record))) < 64 * 1024
    assert record.state == Parcel(1, "ada")
    assert bench.dead.letters == []
    causes = {event["causationid"] for event in bench.hub.said if event["type"] == "OrderCancellationRejected.v1"}
    assert len(causes) == 10_000
    # Decisions that leave the state as it is need no commit of their own.
    assert len(bench.records.commits) < 10_000 / 16


async def test_a_record_keeps_the_type_of_every_answer_once_however_many_leave_it() -> None:
    """How a saga has ended is read from its records."""
    bench = Bench()
    engine = bench.engine(participant=STUBBORN, limits=FEW)
    await engine.process("0", messages(order_created("o-1")))
    await engine.process("0", messages(*(cancellation(n) for n in range(40)), start=1))
    record = bench.records.records["o-1"]
    assert record.said_before == ("OrderCompleted.v1", "OrderCancellationRejected.v1")
    assert answers_in(record)[0] == "OrderCompleted.v1"


async def test_answers_that_leave_the_record_are_published_before_the_commit() -> None:
    """The answers are recorded, the process dies before it publishes, and then more events come than a record keeps."""
    bench = Bench()
    bench.hub.outages = 10_000
    dying = asyncio.create_task(bench.engine(limits=FEW).process("0", messages(order_created("o-1"))))
    await bench.hub.asked.wait()
    dying.cancel()
    await asyncio.wait([dying])
    bench.hub.outages = 0

    later = messages(*(reserved("o-1", f"r-{n}") for n in range(5)), start=1)
    await bench.engine(limits=FEW, look_first=True).process("0", later)

    assert keys("created-o-1", source=SHOP)[0] not in bench.records.records["o-1"].handled
    assert [event["type"] for event in bench.hub.said] == ["OrderCompleted.v1"]


async def test_a_repeat_of_what_was_forgotten_meets_the_state() -> None:
    bench = Bench()
    engine = bench.engine(limits=FEW)
    created = messages(order_created("o-1"))
    await engine.process("0", [*created, *messages(*(reserved("o-1", f"r-{n}") for n in range(5)), start=1)])
    before = bench.records.records["o-1"]
    await engine.process("0", created)
    assert bench.records.records["o-1"].state == before.state
    assert engine.stats["ignored"] == 1


@pytest.mark.parametrize(
    ("entries", "limits", "gone"),
    [
        (2, RecordLimits(handled=3), 0),
        (5, RecordLimits(handled=3), 2),
        (5, RecordLimits(handled=100, handled_bytes=250), 3),
        (1, RecordLimits(handled=1, handled_bytes=1), 0),
        (0, RecordLimits(), 0),
    ],
)
def test_the_oldest_entries_go_and_the_newest_always_stays(entries: int, limits: RecordLimits, gone: int) -> None:
    handled = {f"{n:010}": ({"x": "y" * 80},) for n in range(entries)}
    assert surplus(handled, limits) == gone


async def test_a_long_queue_of_dead_letters_is_counted_and_finished_in_order() -> None:
    bench = Bench()
    bench.desk.failures = [ZeroDivisionError("a spoon in the gears")]
    some = messages(order_created("o-1"), *(reserved("o-1", f"r-{n}") for n in range(6)))
    await bench.engine(limits=FEW).process("0", some)
    record = bench.records.records["o-1"]
    assert record.parked == tuple(message.letter_id("0") for message in some[:2])
    assert record.parked_beyond == 5
    assert len(bench.dead.letters) == 7

    redrive = Redrive(bench.engine(look_first=True, limits=FEW), bench.dead, lambda: NOON)
    reports = [report async for report in redrive.run(await bench.dead.find())]
    assert [(report.letter.message.sequence_number, report.verdict) for report in reports] == [
        (n, Verdict.HANDLED) for n in range(7)
    ]
    record = bench.records.records["o-1"]
    assert (record.parked, record.parked_beyond, record.state) == ((), 0, Parcel(7, "ada"))


async def test_while_dead_letters_wait_beyond_the_record_all_other_events_wait_too() -> None:
    bench = Bench()
    bench.records.put(Record("o-1", "0", Parcel(1, "ada"), parked_beyond=3))
    await bench.engine().process("0", messages(reserved("o-1")))
    assert [letter.reason for letter in bench.dead.letters] == ["waiting"]
    assert bench.records.records["o-1"].parked_beyond == 4


async def test_an_event_that_was_handled_under_an_older_release_is_recognised() -> None:
    """Records of releases that told events apart by their id alone have that id as the key."""
    bench = Bench()
    answer = {"type": "OrderCompleted.v1", "id": "a-1", "subject": "o-1", "source": "/services/desk"}
    bench.records.put(Record("o-1", "0", Parcel(1, "ada"), {"created-o-1": (answer,)}))
    engine = bench.engine(look_first=True)
    await engine.process("0", messages(order_created("o-1")))
    assert bench.desk.calls == []
    assert bench.hub.said == [answer]
    assert engine.stats["repeated"] == 1


async def test_events_with_one_id_from_two_sources_are_two_events() -> None:
    bench = Bench()
    first, second = order_created("o-1", "1"), reserved("o-1", "1")
    await bench.engine(look_first=True).process("0", messages(first, second))
    assert bench.records.records["o-1"].state == Parcel(2, "ada")


async def test_a_discard_lasts_when_the_event_is_delivered_again() -> None:
    bench = Bench()
    bench.desk.failures = [ZeroDivisionError("a spoon in the gears")]
    bad, later = messages(order_created("o-1"), reserved("o-1"))
    await bench.engine().process("0", [bad])
    operator = Redrive(bench.engine(look_first=True), bench.dead, lambda: NOON)
    [stored] = await bench.dead.find()
    assert (await operator.discard(stored)).verdict is Verdict.DISCARDED

    engine = bench.engine()
    await engine.prepare()
    await engine.process("0", [bad, later])
    assert await bench.dead.find() == []
    assert bench.desk.calls == ["o-1", "o-1"]
    assert engine.stats["discarded"] == 1
    # Its publisher sends it once more: another place in the hub, the same event.
    await engine.process("0", [replace(bad, sequence_number=99)])
    assert await bench.dead.find() == []
    assert engine.stats["discarded"] == 2


async def test_an_event_discarded_before_its_order_was_known_blocks_nothing_later() -> None:
    bad = replace(messages(reserved("o-1"))[0], body=encode({**to_json(reserved("o-1")), "data": "garbage"}))
    bench = Bench()
    await bench.engine().process("0", [bad])
    [stored] = await bench.dead.find()
    await Redrive(bench.engine(look_first=True), bench.dead, lambda: NOON).discard(stored)

    opened = messages(order_created("o-1"), start=1)
    await bench.engine().process("0", [*opened, bad])
    assert bench.records.records["o-1"].state == Parcel(1, "ada")
    assert not bench.records.records["o-1"].is_blocked
    assert await bench.dead.find() == []


class Overtaken(MemoryDeadLetters):
    """While an operator looks, another one does everything first."""

    def __init__(self) -> None:
        super().__init__()
        self.other: Callable[[], Awaitable[object]] | None = None

    async def find(self, *, saga_id: str | None = None, settled: bool = False) -> list[StoredLetter]:
        found = await super().find(saga_id=saga_id, settled=settled)
        if self.other is not None and saga_id is not None:
            other, self.other = self.other, None
            await other()
        return found


async def test_neither_of_two_operators_puts_a_closed_dead_letter_into_the_queue() -> None:
    bench = Bench(dead=(dead := Overtaken()))
    bench.desk.failures = [ZeroDivisionError("a spoon in the gears")]
    some = messages(order_created("o-1"), *(reserved("o-1", f"r-{n}") for n in range(5)))
    await bench.engine(limits=FEW).process("0", some)
    other = bench.engine(look_first=True, limits=FEW)

    async def handle(*line: Message) -> None:
        for message in line:
            await other.redeliver("0", message)
            stored = await dead.get(message.letter_id("0"))
            assert stored is not None
            assert await dead.settle(stored, Settled(NOON, "handled"))

    async def finish_the_next_two() -> None:
        waiting = [message.letter_id("0") for message in some[2:]]
        assert await other.line_up(await other.record("o-1"), waiting, "0")
        await handle(*some[2:4])

    # The line is empty, and four wait beyond it. While one operator looks for them, the other finishes two.
    await handle(*some[:2])
    chosen = await dead.find()
    dead.other = finish_the_next_two
    redrive = Redrive(bench.engine(look_first=True, limits=FEW), dead, lambda: NOON)
    async for _ in redrive.run(chosen):
        pass
    record = bench.records.records["o-1"]
    assert not record.is_blocked
    assert record.state == Parcel(6, "ada")
    assert await dead.find() == []
