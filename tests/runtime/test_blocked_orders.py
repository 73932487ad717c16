"""An order with a dead letter waits for it: nothing overtakes, nothing is lost, nothing is done twice."""

import asyncio
from collections.abc import Sequence

import pytest

from quartet.engine.engine import Engine
from quartet.engine.errors import TransientError
from quartet.engine.ports import DeadLetter, Message
from quartet.engine.records.record import Record
from quartet.engine.saga_update import Step
from quartet.events import encode, to_json
from tests.runtime.fakes import SHIPPING, SHOP, Bench, Parcel, keys, messages, order_created, reserved, shipping_failed

BUG = ZeroDivisionError("a spoon in the gears")
OPENED = Record("o-1", "0", Parcel(1, "ada"), {"created-o-1": ()})


def ids(some: Sequence[Message]) -> tuple[str, ...]:
    return tuple(message.letter_id("0") for message in some)


def reasons(bench: Bench) -> dict[int, str]:
    """The reason of each dead letter, by its place in the partition."""
    return {letter.message.sequence_number: letter.reason for letter in bench.dead.letters}


async def redeliver(engine: Engine[Parcel], message: Message) -> str:
    """The outcome of one message, in a word."""
    told = await engine.redeliver("0", message)
    if isinstance(told, Step):
        return told.letter.reason if told.letter else told.outcome
    return told.reason if isinstance(told, DeadLetter) else "for others"


async def crash_before_letters(bench: Bench, some: Sequence[Message]) -> None:
    """A process dies after it has committed, and before it has stored its dead letters."""
    bench.dead.away = True
    dying = asyncio.create_task(bench.engine().process("0", some))
    await bench.dead.asked.wait()
    dying.cancel()
    await asyncio.wait([dying])
    bench.dead.away = False
    assert bench.dead.letters == []


# Parking


async def test_after_a_bug_the_later_events_of_the_order_wait_and_those_of_others_do_not() -> None:
    bench = Bench()
    bench.records.put(OPENED)
    engine = bench.engine()
    bench.desk.failures = [BUG]
    some = messages(reserved("o-1", "a"), reserved("o-2"), reserved("o-1", "b"), reserved("o-1", "c"))
    await engine.process("0", some[:3])
    await engine.process("0", some[3:])

    record = bench.records.records["o-1"]
    assert record.parked == ids([some[0], some[2], some[3]])
    assert record.state == Parcel(1, "ada")
    assert reasons(bench) == {0: "handler_failed", 2: "waiting", 3: "waiting"}
    assert bench.records.records["o-2"].state == Parcel(1)
    [behind] = {letter.detail for letter in bench.dead.letters if letter.reason == "waiting"}
    assert behind == f"behind {some[0].letter_id('0')}"


async def test_used_up_retries_park_the_order_too() -> None:
    bench = Bench()
    bench.desk.failures = [TransientError("busy")] * 3
    some = messages(reserved("o-1", "a"), reserved("o-1", "b"))
    await bench.engine().process("0", some)
    assert reasons(bench) == {0: "retries_used_up", 1: "waiting"}


async def test_a_refused_event_parks_nothing() -> None:
    bench = Bench()
    engine = bench.engine()
    await engine.process("0", messages(order_created("o-1")))
    await engine.process("0", messages(order_created("o-1", "x", customer_id="eve"), reserved("o-1"), start=1))

    assert reasons(bench) == {1: "another_customer"}
    assert bench.records.records["o-1"].parked == ()
    assert bench.records.records["o-1"].state == Parcel(2, "ada")


def unreadable(order_id: str, kind: str) -> bytes:
    event = to_json(reserved(order_id))
    if kind == "unknown_type":
        return encode({**event, "type": "OrderEaten.v1"})
    return encode({**event, "type": kind, "data": {"order_id": order_id}})


@pytest.mark.parametrize("kind", ["unknown_type", "InventoryReserved.v1"])
async def test_an_unreadable_event_parks_a_known_order(kind: str) -> None:
    bench = Bench()
    bench.records.put(OPENED)
    await bench.engine().process("0", messages(unreadable("o-1", kind), reserved("o-1")))
    assert list(reasons(bench).values()) == ["unknown_type" if kind == "unknown_type" else "invalid_data", "waiting"]


async def test_an_unreadable_event_parks_an_order_that_was_opened_in_the_same_batch() -> None:
    bench = Bench()
    some = messages(order_created("o-1"), unreadable("o-1", "unknown_type"), reserved("o-1"))
    await bench.engine().process("0", some)
    assert bench.records.records["o-1"].parked == ids(some[1:])
    assert bench.records.records["o-1"].state == Parcel(1, "ada")


@pytest.mark.parametrize("kind", ["unknown_type", "OrderCreated.v1"])
async def test_an_unreadable_event_parks_no_unknown_order(kind: str) -> None:
    bench = Bench()
    await bench.engine().process("0", messages(unreadable("o-1", kind), order_created("o-1")))
    assert bench.records.records["o-1"].state == Parcel(1, "ada")
    assert bench.records.records["o-1"].parked == ()
    assert len(bench.dead.letters) == 1


async def test_an_invalid_order_under_a_known_id_blocks_no_order() -> None:
    """The first one counts: whatever this one wanted to say, it would have been ignored."""
    bench = Bench()
    bench.records.put(OPENED)
    await bench.engine().process("0", messages(unreadable("o-1", "OrderCreated.v1"), reserved("o-1")))
    assert bench.records.records["o-1"].state == Parcel(2, "ada")


async def test_an_order_is_parked_in_what_is_stored_not_in_what_a_process_remembers() -> None:
    """The loser of a conflict finds the winner's dead letter, and waits behind it."""
    bench = Bench()
    bench.records.put(OPENED)
    engine = bench.engine()
    some = messages(reserved("o-1", "a"), reserved("o-1", "b"), reserved("o-1", "c"))
    await engine.process("0", some[:1])
    current = bench.records.records["o-1"]
    bench.records.rival = {"o-1": Record("o-1", "0", current.state, current.handled, "0", current.etag, ids(some[1:2]))}
    await engine.process("0", some[2:])
    assert bench.records.records["o-1"].parked == ids(some[1:])
    assert reasons(bench) == {2: "waiting"}


# Redelivery and redrive


async def test_a_redelivery_of_the_first_one_is_a_retry_and_lets_the_next_one_go() -> None:
    bench = Bench()
    bench.records.put(OPENED)
    bench.desk.failures = [BUG]
    some = messages(reserved("o-1", "a"), reserved("o-1", "b"))
    await bench.engine().process("0", some)
    await bench.engine().process("0", some)

    record = bench.records.records["o-1"]
    assert (record.parked, record.state) == ((), Parcel(3, "ada"))


async def test_redriven_in_order_everything_is_handled_in_order_and_once() -> None:
    bench = Bench()
    bench.desk.failures = [BUG]
    some = messages(order_created("o-1"), reserved("o-1", "a"), reserved("o-1", "b"))
    await bench.engine().process("0", some)
    engine = bench.engine(look_first=True)

    assert [await redeliver(engine, message) for message in some] == ["opened", "handled", "handled"]
    record = bench.records.records["o-1"]
    assert (record.parked, record.state) == ((), Parcel(3, "ada"))
    assert list(record.handled) == [*keys("created-o-1", source=SHOP), *keys("a", "b")]

    assert [await redeliver(engine, message) for message in some] == ["repeated"] * 3
    assert bench.records.records["o-1"].state == Parcel(3, "ada")
    assert len({said["id"] for said in bench.hub.said}) == 1


async def test_redriven_out_of_order_it_still_waits() -> None:
    bench = Bench()
    bench.records.put(OPENED)
    bench.desk.failures = [BUG]
    some = messages(reserved("o-1", "a"), reserved("o-1", "b"))
    await bench.engine().process("0", some)
    assert await redeliver(bench.engine(look_first=True), some[1]) == "waiting"
    assert bench.records.records["o-1"].parked == ids(some)


async def test_an_event_that_still_fails_stays_first_in_the_queue() -> None:
    bench = Bench()
    bench.records.put(OPENED)
    bench.desk.failures = [BUG, BUG]
    some = messages(reserved("o-1", "a"), reserved("o-1", "b"))
    await bench.engine().process("0", some)
    assert await redeliver(bench.engine(look_first=True), some[0]) == "handler_failed"
    assert bench.records.records["o-1"].parked == ids(some)


async def test_a_refused_first_event_unblocks_the_next_one() -> None:
    bench = Bench()
    bench.desk.failures = [BUG]
    some = messages(order_created("o-1", "x", customer_id="eve"), reserved("o-1"))
    await bench.engine().process("0", some)
    record = bench.records.records["o-1"]
    bench.records.put(Record("o-1", "0", Parcel(1, "ada"), record.handled, "0", record.etag, record.parked))

    engine = bench.engine(look_first=True)
    assert [await redeliver(engine, message) for message in some] == ["another_customer", "handled"]
    assert bench.records.records["o-1"].parked == ()


async def test_the_same_event_twice_in_the_queue_is_handled_once() -> None:
    """The hub may hold an event twice, if the acknowledgement of a send was lost."""
    bench = Bench()
    bench.records.put(OPENED)
    bench.desk.failures = [BUG]
    some = messages(reserved("o-1", "a"), reserved("o-1", "a"))
    await bench.engine().process("0", some)
    engine = bench.engine(look_first=True)
    assert [await redeliver(engine, message) for message in some] == ["handled", "repeated"]
    assert (bench.records.records["o-1"].parked, bench.records.records["o-1"].state) == ((), Parcel(2, "ada"))


async def test_a_running_service_notices_immediately_that_its_order_was_redriven() -> None:
    bench = Bench()
    bench.records.put(OPENED)
    service = bench.engine()
    bench.desk.failures = [BUG]
    some = messages(reserved("o-1", "a"), reserved("o-1", "b"))
    await service.process("0", some[:1])
    await redeliver(bench.engine(look_first=True), some[0])
    await service.process("0", some[1:])
    assert bench.records.records["o-1"].state == Parcel(3, "ada")


async def test_a_discarded_dead_letter_unblocks_the_next_one() -> None:
    bench = Bench()
    bench.records.put(OPENED)
    some = messages(unreadable("o-1", "unknown_type"), reserved("o-1"))
    await bench.engine().process("0", some)
    engine = bench.engine(look_first=True)
    await engine.discard("o-1", some[0].letter_id("0"), "0")
    assert await redeliver(engine, some[1]) == "handled"
    assert bench.records.records["o-1"].parked == ()


async def test_after_a_crash_before_the_dead_letters_were_stored_a_redelivery_stores_them() -> None:
    bench = Bench()
    bench.records.put(OPENED)
    bench.desk.failures = [BUG, BUG]
    some = messages(reserved("o-1", "a"), reserved("o-1", "b"))
    await crash_before_letters(bench, some)
    assert bench.records.records["o-1"].parked == ids(some)

    await bench.engine().process("0", some)
    assert reasons(bench) == {0: "handler_failed", 1: "waiting"}
    assert bench.records.records["o-1"].parked == ids(some)


# Owed compensations


async def test_an_owed_compensation_is_said_and_kept_and_blocks_nothing() -> None:
    bench = Bench()
    bench.records.put(OPENED)
    bench.desk.is_shut = True
    some = messages(shipping_failed("o-1"), reserved("o-1"))
    await bench.engine().process("0", some)

    record = bench.records.records["o-1"]
    assert (record.owed, record.parked) == (ids(some[:1]), ())
    assert [said["type"] for said in bench.hub.said] == ["CompensationFailed.v1"]
    assert reasons(bench) == {0: "compensation_failed"}
    assert record.state == Parcel(2, "ada")


async def test_redriven_it_is_done_and_said_in_addition() -> None:
    bench = Bench()
    bench.records.put(OPENED)
    bench.desk.is_shut = True
    [message] = messages(shipping_failed("o-1"))
    await bench.engine().process("0", [message])
    engine = bench.engine(look_first=True)

    assert await redeliver(engine, message) == "compensation_failed"
    assert len({said["id"] for said in bench.hub.said}) == 1
    bench.desk.is_shut = False
    assert await redeliver(engine, message) == "given back"

    record = bench.records.records["o-1"]
    assert (record.owed, record.state) == ((), Parcel(1, "ada", given_back=True))
    assert [said["type"] for said in record.handled[keys("failed-o-1", source=SHIPPING)[0]]] == [
        "CompensationFailed.v1",
        "InventoryReleased.v1",
    ]

    calls = len(bench.desk.calls)
    assert await redeliver(engine, message) == "repeated"
    assert len(bench.desk.calls) == calls
    assert bench.hub.said[-1]["type"] == "InventoryReleased.v1"


async def test_an_open_compensation_does_not_wait_behind_a_later_dead_letter() -> None:
    bench = Bench()
    bench.records.put(OPENED)
    bench.desk.is_shut = True
    bench.desk.failures = [BUG]
    some = messages(shipping_failed("o-1"), reserved("o-1"))
    await bench.engine().process("0", some)
    bench.desk.is_shut = False
    assert await redeliver(bench.engine(look_first=True), some[0]) == "given back"
    record = bench.records.records["o-1"]
    assert (record.owed, record.parked) == ((), ids(some[1:]))


async def test_a_compensation_that_was_done_meanwhile_is_closed() -> None:
    bench = Bench()
    bench.records.put(OPENED)
    bench.desk.is_shut = True
    [message] = messages(shipping_failed("o-1"))
    await bench.engine().process("0", [message])
    record = bench.records.records["o-1"]
    done = Parcel(1, "ada", given_back=True)
    bench.records.put(Record("o-1", "0", done, record.handled, "0", record.etag, record.parked, record.owed))
    assert await redeliver(bench.engine(look_first=True), message) == "ignored"
    assert bench.records.records["o-1"].owed == ()


async def test_after_a_crash_before_the_dead_letter_of_a_compensation_was_stored_a_redelivery_stores_it() -> None:
    bench = Bench()
    bench.records.put(OPENED)
    bench.desk.is_shut = True
    some = messages(shipping_failed("o-1"))
    await crash_before_letters(bench, some)
    await bench.engine().process("0", some)
    assert reasons(bench) == {0: "compensation_failed"}
    assert [said["type"] for said in bench.hub.said] == ["CompensationFailed.v1"]


async def test_a_first_event_whose_compensation_fails_leaves_the_queue() -> None:
    """Two bugs, one after the other: the second one was redriven, too, so the order continues."""
    bench = Bench()
    bench.records.put(OPENED)
    bench.desk.failures = [BUG]
    some = messages(reserved("o-1"), shipping_failed("o-1"), reserved("o-1", "b"))
    await bench.engine().process("0", some)
    bench.desk.is_shut = True
    engine = bench.engine(look_first=True)
    assert [await redeliver(engine, message) for message in some] == ["handled", "compensation_failed", "handled"]
    record = bench.records.records["o-1"]
    assert (record.parked, record.owed) == ((), ids(some[1:2]))
