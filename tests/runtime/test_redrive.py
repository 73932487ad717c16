"""Redriving: in order, with what waits behind, and never twice."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from quartet.engine.dead_letters.redrive import Redrive, Verdict
from quartet.engine.dead_letters.store import StoredLetter
from quartet.engine.ports import DeadLetter, Message
from quartet.engine.records.record import Record
from quartet.events import encode, new_event, to_json
from shared.events import OrderCancelled
from tests.runtime.fakes import NOON, Bench, Parcel, messages, order_created, reserved, shipping_failed

BUG = ZeroDivisionError("a spoon in the gears")
OPENED = Record("o-1", "0", Parcel(1, "ada"), {"created-o-1": ()})


def redrive(bench: Bench) -> Redrive[Parcel]:
    return Redrive(bench.engine(look_first=True), bench.dead, lambda: NOON)


async def verdicts(bench: Bench, chosen: Sequence[StoredLetter] | None = None) -> list[tuple[int, str]]:
    """For each reported dead letter: its place in the partition, and its result."""
    letters = await bench.dead.find() if chosen is None else chosen
    return [
        (report.letter.message.sequence_number, report.verdict.value) async for report in redrive(bench).run(letters)
    ]


async def letter(bench: Bench, message: Message) -> StoredLetter:
    stored = await bench.dead.get(message.letter_id("0"))
    assert stored is not None
    return stored


async def broken_order() -> tuple[Bench, list[Message]]:
    """An order whose first event met a bug that is now fixed; two more events wait."""
    bench = Bench()
    bench.desk.failures = [BUG]
    some = messages(order_created("o-1"), reserved("o-1", "a"), reserved("o-1", "b"))
    await bench.engine().process("0", some)
    return bench, some


async def test_all_dead_letters_of_an_order_are_handled_in_order() -> None:
    bench, _ = await broken_order()
    assert await verdicts(bench) == [(0, "handled"), (1, "handled"), (2, "handled")]
    assert bench.records.records["o-1"].state == Parcel(3, "ada")
    assert await bench.dead.find() == []
    assert {stored.settled.outcome for stored in await bench.dead.find(settled=True) if stored.settled} == {
        "opened",
        "handled",
    }


async def test_waiting_events_are_redriven_with_the_one_that_blocks_them() -> None:
    bench, some = await broken_order()
    assert await verdicts(bench, [await letter(bench, some[0])]) == [(0, "handled"), (1, "handled"), (2, "handled")]


async def test_a_waiting_event_is_not_redriven_alone() -> None:
    bench, some = await broken_order()
    assert await verdicts(bench, [await letter(bench, some[1])]) == [(1, "waiting")]
    assert bench.records.records["o-1"].state is None


async def test_an_event_that_still_fails_blocks_those_behind_it() -> None:
    bench, some = await broken_order()
    bench.desk.failures = [BUG]
    assert await verdicts(bench) == [(0, "still failing"), (1, "waiting"), (2, "waiting")]
    assert (await letter(bench, some[0])).letter.attempts == 2
    assert await verdicts(bench) == [(0, "handled"), (1, "handled"), (2, "handled")]


async def test_redriving_twice_does_nothing_twice() -> None:
    bench, _ = await broken_order()
    letters = await bench.dead.find()
    await verdicts(bench, letters)
    said = {event["id"] for event in bench.hub.said}
    assert await verdicts(bench) == []
    assert await verdicts(bench, await bench.dead.find(settled=True)) == [(n, "settled before") for n in range(3)]
    # An operator who has listed them before the first redrive began, and comes too late.
    assert [word for _, word in await verdicts(bench, letters)] == ["settled before"] * 3
    assert bench.records.records["o-1"].state == Parcel(3, "ada")
    assert {event["id"] for event in bench.hub.said} == said


async def test_two_redrives_at_the_same_time_do_nothing_twice() -> None:
    bench, _ = await broken_order()
    letters = await bench.dead.find()
    await asyncio.gather(*(verdicts(bench, letters) for _ in range(3)))
    assert bench.records.records["o-1"].state == Parcel(3, "ada")
    assert await bench.dead.find() == []


async def test_events_that_the_running_service_queues_meanwhile_are_handled_too() -> None:
    bench, some = await broken_order()
    late = messages(reserved("o-1", "c"), start=3)
    service = bench.engine()
    told: list[int] = []
    async for report in redrive(bench).run([await letter(bench, some[0])]):
        told.append(report.letter.message.sequence_number)
        if len(told) == 1:
            await service.process("0", late)
    assert told == [0, 1, 2, 3]
    assert bench.records.records["o-1"].state == Parcel(4, "ada")


async def test_after_a_crash_before_a_dead_letter_was_closed_the_next_redrive_closes_it() -> None:
    bench, some = await broken_order()
    await bench.engine(look_first=True).redeliver("0", some[0])
    assert await verdicts(bench) == [(1, "handled"), (2, "handled"), (0, "handled")]
    assert bench.records.records["o-1"].state == Parcel(3, "ada")


async def test_an_event_that_no_version_can_read_is_reported_and_can_be_discarded() -> None:
    bench = Bench()
    bench.records.put(OPENED)
    some = messages(encode({**to_json(reserved("o-1")), "type": "OrderEaten.v1"}), reserved("o-1"))
    await bench.engine().process("0", some)
    assert await verdicts(bench) == [(0, "still unreadable"), (1, "waiting")]

    report = await redrive(bench).discard(await letter(bench, some[0]))
    assert report.verdict is Verdict.DISCARDED
    assert await verdicts(bench) == [(1, "handled")]
    assert (await redrive(bench).discard(await letter(bench, some[0]))).verdict is Verdict.SETTLED


async def test_a_message_without_an_order_is_redriven_alone() -> None:
    bench = Bench()
    await bench.engine().process("0", messages(b"not json"))
    assert await verdicts(bench) == [(0, "still unreadable")]


async def test_an_event_for_other_participants_blocks_nothing() -> None:
    """The version that could not read it is gone; this one can, and knows that it need not."""
    bench = Bench()
    bench.records.put(OPENED)
    cancelled = new_event(OrderCancelled(order_id="o-1", reason="cancelled"), source="/services/order", time=NOON)
    foreign, waiting = messages(cancelled, reserved("o-1"))
    letter = DeadLetter(foreign, "0", "unknown_type", "", 1, "o-1", cancelled.id, cancelled.type, NOON)
    bench.records.put(replace(OPENED, parked=(letter.id,)))
    await bench.dead.put([letter])
    await bench.engine().process("0", [waiting])
    assert await verdicts(bench) == [(0, "for others"), (1, "handled")]


async def test_an_owed_compensation_is_finished_and_settled() -> None:
    bench = Bench()
    bench.records.put(OPENED)
    bench.desk.is_shut = True
    await bench.engine().process("0", messages(shipping_failed("o-1")))
    assert await verdicts(bench) == [(0, "still failing")]
    bench.desk.is_shut = False
    [report] = [report async for report in redrive(bench).run(await bench.dead.find())]
    assert (report.verdict, report.detail) == (Verdict.HANDLED, "given back")
    assert report.said == ("CompensationFailed.v1", "InventoryReleased.v1")
    assert await bench.dead.find() == []


async def test_a_plan_changes_nothing_and_is_what_happens() -> None:
    bench, some = await broken_order()
    records, letters = dict(bench.records.records), await bench.dead.find()
    plan = await redrive(bench).plan(letters)
    assert [stored.id for stored in plan] == [message.letter_id("0") for message in some]
    assert (bench.records.records, await bench.dead.find()) == (records, letters)
    assert [(stored.letter.message.sequence_number, "handled") for stored in plan] == await verdicts(bench)


async def test_a_queue_entry_without_a_stored_dead_letter_does_not_block_the_order() -> None:
    """Its process has died in between, and the event, which had been handled long ago, is not delivered again."""
    bench, some = await broken_order()
    record = bench.records.records["o-1"]
    bench.records.put(replace(record, parked=("0-99-neverstored", *record.parked)))
    assert await verdicts(bench) == [(0, "handled"), (1, "handled"), (2, "handled")]
    assert not bench.records.records["o-1"].is_blocked
    assert len(some) == 3
