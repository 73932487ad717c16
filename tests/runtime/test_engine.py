"""The engine keeps its promises, whatever happens between two of its steps."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from quartet.engine.errors import OutageError, TransientError
from quartet.engine.records.record import Record
from quartet.events import new_event
from shared.events import OrderCompleted, PaymentFailed
from tests.runtime.fakes import DESK_SERVICE, NOON, SHOP, Bench, Parcel, keys, messages, order_created, reserved


async def test_a_batch_of_orders_is_one_commit_and_one_send() -> None:
    bench = Bench()
    await bench.engine().process("2", messages(*(order_created(f"o-{n}") for n in range(30))))

    assert len(bench.records.commits) == 1
    assert len(bench.hub.sends) == 1
    partition, events = bench.hub.sends[0]
    assert partition == "2"
    assert [event["subject"] for event in events] == [f"o-{n}" for n in range(30)]


async def test_the_event_that_opens_a_saga_costs_no_read() -> None:
    bench = Bench()
    await bench.engine().process("0", messages(order_created("o-1")))
    assert bench.records.loads == []


async def test_other_events_are_loaded_together_and_then_remembered() -> None:
    bench = Bench()
    for order_id in ("o-1", "o-2"):
        bench.records.put(Record(order_id, "0", Parcel(1, "ada")))
    engine = bench.engine()

    await engine.process("0", messages(reserved("o-1"), reserved("o-2")))
    assert bench.records.loads == [{"o-1", "o-2"}]

    await engine.process("0", messages(reserved("o-1", "again"), start=2))
    assert len(bench.records.loads) == 1


async def test_events_of_one_order_in_one_batch_build_on_each_other() -> None:
    bench = Bench()
    await bench.engine().process("0", messages(order_created("o-1"), reserved("o-1", "a"), reserved("o-1", "b")))

    record = bench.records.records["o-1"]
    assert record.state == Parcel(3, "ada")
    assert list(record.handled) == [*keys("created-o-1", source=SHOP), *keys("a", "b")]


@pytest.mark.parametrize(("acts_outside", "commits"), [(False, 1), (True, 3)])
async def test_a_participant_that_acts_outside_acts_on_a_committed_state(acts_outside: bool, commits: int) -> None:
    bench = Bench()
    engine = bench.engine(participant=replace(DESK_SERVICE, acts_outside=acts_outside))
    await engine.process("0", messages(order_created("o-1"), reserved("o-1", "a"), reserved("o-1", "b")))
    assert len(bench.records.commits) == commits
    assert bench.records.records["o-1"].state == Parcel(3, "ada")


async def test_nothing_is_built_on_the_guess_that_an_order_is_new() -> None:
    """The order is known, so the guess fails; by then, its next event must not have been handled."""
    bench = Bench()
    bench.records.put(Record("o-1", "0", Parcel(1, "grace")))
    await bench.engine().process("0", messages(order_created("o-1"), reserved("o-1")))
    assert bench.desk.calls == ["o-1", "o-1"]
    assert bench.records.records["o-1"].state == Parcel(2, "grace")


async def test_a_repeated_event_changes_nothing_and_says_the_same_again() -> None:
    bench = Bench()
    engine = bench.engine()
    for _ in range(3):
        await engine.process("0", messages(order_created("o-1")))

    assert bench.desk.calls == ["o-1"]
    assert len(bench.records.commits) == 1
    assert len({event["id"] for event in bench.hub.said}) == 1
    assert len(bench.hub.said) == 3


async def test_a_crash_after_the_commit_publishes_the_recorded_answers_later() -> None:
    bench = Bench()
    bench.hub.outages = 10_000
    dying = asyncio.create_task(bench.engine().process("0", messages(order_created("o-1"))))
    await bench.hub.asked.wait()
    dying.cancel()
    await asyncio.wait([dying])
    bench.hub.outages = 0
    assert bench.hub.said == []

    await bench.engine().process("0", messages(order_created("o-1")))

    assert tuple(bench.hub.said) == bench.records.records["o-1"].handled[keys("created-o-1", source=SHOP)[0]]
    assert bench.records.records["o-1"].state == Parcel(1, "ada")


async def test_the_loser_of_a_conflict_repeats_the_winners_answer() -> None:
    """Two owners of a partition run the same event: one effect, and both say the same."""
    bench = Bench()
    winner = Bench(desk=bench.desk)
    await winner.engine().process("0", messages(order_created("o-1")))
    bench.records.rival = winner.records.records

    await bench.engine().process("0", messages(order_created("o-1"), order_created("o-2")))

    assert bench.records.records["o-1"].state == Parcel(1, "ada")
    assert bench.records.commits == [{"o-1", "o-2"}]
    assert [event["id"] for event in bench.hub.said if event["subject"] == "o-1"] == [winner.hub.said[0]["id"]]


async def test_the_loser_of_a_conflict_builds_on_the_winners_state() -> None:
    bench = Bench()
    bench.records.put(Record("o-1", "0", Parcel(1, "ada")))
    engine = bench.engine()
    await engine.process("0", messages(reserved("o-1", "first")))
    current = bench.records.records["o-1"]
    bench.records.rival = {"o-1": Record("o-1", "0", Parcel(10, "ada"), current.handled, "0", current.etag)}

    await engine.process("0", messages(reserved("o-1", "second"), start=1))

    assert bench.records.records["o-1"].state == Parcel(11, "ada")
    assert engine.stats["conflicts"] == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\xff\x00", "not_json"),
        (b'{"order_id": "o-1"}', "invalid_envelope"),
        (
            b'{"specversion":"1.0","id":"1","source":"/s","type":"OrderEaten.v1","subject":"o","time":"2026-01-01T00:00:00Z"}',
            "unknown_type",
        ),
        (
            b'{"specversion":"1.0","id":"1","source":"/s","type":"OrderCreated.v1","subject":"o","time":"2026-01-01T00:00:00Z","data":{"order_id":"o"}}',
            "invalid_data",
        ),
    ],
)
async def test_an_unreadable_message_is_stored_and_the_partition_continues(body: bytes, reason: str) -> None:
    bench = Bench()
    await bench.engine().process("3", messages(body, order_created("o-1")))

    [letter] = bench.dead.letters
    assert (letter.reason, letter.partition, letter.message.body) == (reason, "3", body)
    assert [event["subject"] for event in bench.hub.said] == ["o-1"]


async def test_events_for_others_cost_nothing() -> None:
    bench = Bench()
    completed = OrderCompleted(order_id="o-1", currency="EUR", total=Decimal("24.90"))
    batch = await bench.engine().process("0", messages(new_event(completed, source="/services/order", time=NOON)))
    assert (bench.records.loads, bench.records.commits, bench.hub.sends, bench.dead.letters) == ([], [], [], [])
    assert (batch.task, batch.first_unfinished) == (None, None)


async def test_a_bug_in_a_handler_becomes_a_dead_letter_and_affects_no_other_event() -> None:
    bench = Bench()
    bench.desk.failures = [ZeroDivisionError("not shared")]
    await bench.engine().process("0", messages(order_created("o-1"), order_created("o-2")))

    [letter] = bench.dead.letters
    assert (letter.reason, letter.saga_id) == ("handler_failed", "o-1")
    assert "ZeroDivisionError: not shared" in letter.detail
    assert bench.records.records["o-1"].state is None
    assert [event["subject"] for event in bench.hub.said] == ["o-2"]


async def test_a_refused_event_becomes_a_dead_letter_and_changes_nothing() -> None:
    bench = Bench()
    engine = bench.engine()
    await engine.process("0", messages(order_created("o-1")))
    before = bench.records.records["o-1"]
    await engine.process("0", messages(order_created("o-1", "other", customer_id="eve"), start=1))

    assert bench.records.records["o-1"] == before
    assert [letter.reason for letter in bench.dead.letters] == ["another_customer"]


async def test_a_transient_error_is_tried_again_with_growing_pauses() -> None:
    bench = Bench()
    bench.desk.failures = [TransientError("busy"), TransientError("busy")]
    await bench.engine().process("0", messages(order_created("o-1")))

    assert bench.records.records["o-1"].state == Parcel(1, "ada")
    assert len(bench.slept) == 2
    assert bench.slept[0] < bench.slept[1]


async def test_a_participant_that_cannot_do_its_step_runs_its_fallback() -> None:
    bench = Bench()
    bench.desk.failures = [TransientError("busy")] * 3
    await bench.engine().process("0", messages(order_created("o-1")))

    assert bench.desk.calls == ["o-1"] * 3
    assert [event["type"] for event in bench.hub.said] == ["InventoryReleased.v1"]


async def test_without_a_way_to_give_up_it_becomes_a_dead_letter() -> None:
    bench = Bench()
    bench.desk.failures = [TransientError("busy")] * 3
    await bench.engine().process("0", messages(reserved("o-1")))

    [letter] = bench.dead.letters
    assert (letter.reason, letter.attempts) == ("retries_used_up", 3)


async def test_an_outage_is_outlasted_however_long_it_takes() -> None:
    bench = Bench()
    bench.records.outages = bench.hub.outages = 40
    bench.desk.failures = [OutageError("away")] * 40
    await bench.engine().process("0", messages(order_created("o-1")))

    assert [event["subject"] for event in bench.hub.said] == ["o-1"]
    assert bench.dead.letters == []


async def test_a_participant_says_only_what_it_has_announced() -> None:
    bench = Bench()
    failed = new_event(PaymentFailed(order_id="o-1", reason="card_declined"), source="/services/payment", time=NOON)
    await bench.engine().process("0", messages(failed))

    assert bench.hub.said == []
    assert "does not say PaymentFailed.v1" in bench.dead.letters[0].detail
