"""Old events in the hub, and old records in the stores, under the release of today."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from examples.versions.app import PRESS, printed_is_accounted
from examples.versions.events import EVENTS, OrderCreated, OrderEvent, OrderPrinted, OrderPrintedV2
from examples.versions.tests.before import PRESS_BEFORE, deployed
from examples.versions.tests.orders import OTHER, SAME
from quartet import Registry, upcast
from quartet.testing import World, explore, problems, save_recordings, simulate, verify_replay


def test_the_tables_keep_every_rule() -> None:
    assert problems(PRESS) == ()


@pytest.mark.parametrize("order", SAME, ids=lambda order: order.type)
def test_each_version_is_printed_once_and_accounted(order: OrderEvent) -> None:
    report = explore(PRESS, ports=dict, events=[order], invariants=[printed_is_accounted], crashes=1, repeats=1)
    assert report.ends == {"OrderPrinted.v2"}


def test_old_events_and_old_records_are_read() -> None:
    """The hub is read from its beginning: by the printer, which knows the order, and by accounts, which is new."""
    before = World(PRESS_BEFORE)
    first = before.say(SAME[0])
    before.run()
    said = dict(before.witness.said)

    today = deployed(before)
    today.run()
    assert today.witness.said == said, "the recorded answer is published again: version 1, with its id"
    assert [event.type for event in today.events] == ["OrderCreated.v1", "OrderPrinted.v1"]
    assert [data.type for data in today.ends("o-1")] == ["OrderPrinted.v1"], "an old end ends it, too"
    account = today.state("accounts", "o-1")
    assert (account.form, account.currency, account.copies) == ("single", "EUR", 1)
    assert today.events[1].causation_id == first.id


@pytest.mark.parametrize("repeat", SAME, ids=lambda order: order.type)
def test_what_the_release_before_has_handled_is_a_duplicate_in_every_version(repeat: OrderEvent) -> None:
    before = World(PRESS_BEFORE)
    before.say(SAME[0])
    before.run()
    today = deployed(before)
    today.say(repeat, id="said by another release of the front end")
    today.run()
    assert [event.type for event in today.events if event.type.startswith("OrderPrinted")] == ["OrderPrinted.v1"]
    assert today.dead_letters("printer") == []


@pytest.mark.parametrize("other", OTHER, ids=lambda order: order.type)
def test_other_data_under_a_known_id_is_a_dead_letter_in_every_version(other: OrderEvent) -> None:
    before = World(PRESS_BEFORE)
    before.say(SAME[0])
    before.run()
    today = deployed(before)
    today.say(other)
    today.run()
    assert [letter.reason for letter in today.dead_letters("printer")] == ["order_conflict"]


def test_an_order_that_has_no_newer_version_is_a_dead_letter_that_says_why() -> None:
    world = World(PRESS)
    world.say(OrderCreated(order_id="o-1", customer="Ada", title="Notes", price=Decimal("18.505")))
    world.run()
    for participant in PRESS.names:
        (letter,) = world.dead_letters(participant)
        assert (letter.reason, letter.event_type) == ("upcast_failed", "OrderCreated.v1")
        assert letter.detail == (
            "OrderCreated.v1 cannot be turned into OrderCreated.v2: price: must have at most 2 decimals, being in EUR"
        )
        assert b'"price":"18.505"' in letter.message.body, "it can be redriven by a release that can read it"


def any_order(random: Random) -> Sequence[OrderEvent]:
    """The same order in several versions, from front ends of several releases."""
    return random.sample(SAME, random.randint(1, 3))


def test_the_versions_of_one_order_may_meet_under_faults() -> None:
    simulate(PRESS, ports=dict, first=any_order, invariants=[printed_is_accounted], runs=40, seed=7)


def test_recorded_sagas_of_every_version_are_replayed(tmp_path: Path) -> None:
    world = World(PRESS, recording=True)
    for number, order in enumerate(SAME):
        world.say(order.in_saga(f"o-{number}"))
    world.run()
    save_recordings(world, tmp_path / "orders.jsonl")
    assert verify_replay(PRESS, tmp_path / "orders.jsonl").sagas == 3


def test_a_replay_shows_that_an_old_saga_would_now_be_answered_in_the_new_version(tmp_path: Path) -> None:
    before = World(PRESS_BEFORE, recording=True)
    before.say(SAME[0])
    before.run()
    save_recordings(before, tmp_path / "orders.jsonl")
    with pytest.raises(AssertionError, match=r"said OrderPrinted\.v1, would now say OrderPrinted\.v2"):
        verify_replay(PRESS, tmp_path / "orders.jsonl")


def no_copies(old: OrderPrinted) -> OrderPrintedV2:
    """A mistake: no order has no copies."""
    return OrderPrintedV2(order_id=old.order_id, copies=0)


def test_an_upcast_that_fails_blocks_its_order_until_a_release_that_can_read_it_redrives() -> None:
    before = World(PRESS_BEFORE)
    before.say(SAME[0])
    before.run()
    mistaken = Registry(*EVENTS.models, upcasts=[*EVENTS.upcasts[:2], upcast(OrderPrinted, OrderPrintedV2, no_copies)])
    participants = tuple(replace(one, events=mistaken) for one in PRESS)
    today = deployed(before, replace(PRESS, events=mistaken, participants=participants, services=()))
    today.run()
    letters = today.dead_letters("accounts")
    assert {(one.reason, one.event_type) for one in letters} == {("upcast_failed", "OrderPrinted.v1")}
    assert letters[0].detail.endswith("copies: must be at least 1")
    assert today.state("accounts", "o-1").copies == 0

    today.app = PRESS
    today.redrive()
    assert today.dead_letters("accounts") == []
    assert today.state("accounts", "o-1").copies == 1
