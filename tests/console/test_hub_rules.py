"""The rules of the hub find what must not be, and nothing else: not under crashes, repeats and late deliveries."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from examples.trip.app import TRIP
from examples.trip.tests.trips import any_trip, providers, requested
from quartet.console.auditing.heard import Heard, History
from quartet.console.auditing.hub_rules import HUB_RULES, judge_history
from quartet.testing import World, simulate
from tests.console.histories import broken_rules, histories

Change = Callable[[list[Heard]], list[Heard]]


@pytest.fixture
def trip() -> list[Heard]:
    """The events of a trip that was booked."""
    world = World(TRIP, providers())
    world.say(requested())
    world.run()
    assert not list(broken_rules(world))
    return [*histories(world)["t-1"].events]


def broken(events: list[Heard], *, is_whole: bool = True) -> dict[str, list[str]]:
    found = judge_history(TRIP, History(tuple(events), is_whole))
    return {rule.text: lines for rule, lines in zip(HUB_RULES, found, strict=True) if lines}


def test_no_false_alarm_under_faults() -> None:
    """Among the faults are events that are forged indeed: these are found, and no others."""

    def nothing_but_what_is_forged(world: World) -> Iterator[str]:
        yield from (line for line in broken_rules(world) if "source: /garbage may not say" not in line)

    simulate(TRIP, ports=providers, first=any_trip, invariants=[nothing_but_what_is_forged], runs=60)


def test_repeats_in_any_order_break_nothing(trip: list[Heard]) -> None:
    assert broken([*reversed(trip), *trip]) == {}


def said(events: list[Heard], type_: str, by: str = "") -> Heard:
    return next(one for one in events if one.type == type_ and one.source.startswith(by))


def a_second_end(trip: list[Heard]) -> list[Heard]:
    end = said(trip, "TripBooked.v1")
    return [*trip, replace(end, type="TripCancelled.v1", id="6a1f8a4e-1111-4111-8111-111111111111")]


def a_forged_event(trip: list[Heard]) -> list[Heard]:
    return [*trip, replace(trip[0], id="forged", refusal="source: /tests may not say TripBooked.v1")]


def a_lost_cause(trip: list[Heard]) -> list[Heard]:
    return [one for one in trip if one.type != "TripRequested.v1"]


def no_cause(trip: list[Heard]) -> list[Heard]:
    return [replace(one, causation_id=None) if one.type == "TripBooked.v1" else one for one in trip]


def an_answer_that_no_table_says(trip: list[Heard]) -> list[Heard]:
    flight, hotel = (said(trip, "PartBooked.v1", by) for by in ("/services/flight", "/services/hotel"))
    return [replace(one, causation_id=hotel.id) if one is flight else one for one in trip]


def another_answer(trip: list[Heard]) -> list[Heard]:
    return [*trip, replace(said(trip, "PartBooked.v1"), id="00000000-0000-5000-8000-000000000000")]


def another_content(trip: list[Heard]) -> list[Heard]:
    return [*trip, replace(said(trip, "PartBooked.v1"), digest="of other data")]


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        (a_second_end, {0, 2, 5}),
        (a_forged_event, {1}),
        (a_lost_cause, {2}),
        (no_cause, {2}),
        (an_answer_that_no_table_says, {2, 5}),
        (another_answer, {3, 5}),
        (another_content, {4}),
    ],
)
def test_each_rule_finds_what_breaks_it(trip: list[Heard], change: Change, rules: set[int]) -> None:
    assert set(broken(change(trip))) == {HUB_RULES[number].text for number in rules}


def test_of_a_history_with_gaps_no_cause_is_missed(trip: list[Heard]) -> None:
    assert broken(a_lost_cause(trip), is_whole=False) == {}


def test_two_sources_that_number_their_events_alike_both_get_answers() -> None:
    """The same id from two front ends: two requests, each with its own answers."""
    world = World(TRIP, providers())
    world.say(requested(), source="/shop/1", id="1")
    world.say(requested(), source="/shop/2", id="1")
    world.run()
    assert len([one for one in histories(world)["t-1"].events if one.type == "TripRequested.v1"]) == 2
    assert not list(broken_rules(world))
