"""What is broken is found within a bounded number of steps, named, said once, and marked when it holds again."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from examples.trip.app import TRIP
from examples.trip.events import TripCancelled
from examples.trip.tests.trips import providers, requested
from quartet.console.auditing.hub_rules import HUB_RULES
from quartet.engine.errors import OutageError
from quartet.testing import World
from tests.console.auditing import BOOKED_ONCE, NOON, PACE, Desk
from tests.console.histories import heard_in

ENDS_IN_ONE_WAY = HUB_RULES[0].text


def trips(*ids: str) -> World:
    world = World(TRIP, providers())
    for trip in ids:
        world.say(requested(trip_id=trip))
    with ThreadPoolExecutor(1) as thread:  # it has an event loop of its own
        thread.submit(world.run).result()
    return world


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_of_right_sagas_nothing_is_said_and_each_needs_one_look(desk: Desk) -> None:
    desk.hear(trips("t-1", "t-2"))
    await desk.step(PACE.settle)
    await desk.step(100)
    assert (desk.lines, desk.broken, desk.auditor.judged, desk.auditor.behind) == ([], set(), 2, 0)
    assert desk.stores.looks == [["t-1", "t-2"]]
    assert {rule.holds for rule in desk.rules.views(desk.findings.open) if rule.scope != "everything"} == {True}


async def test_a_wrong_state_is_found_in_the_second_look_and_said_once(desk: Desk) -> None:
    desk.stores.wrong = {"t-2"}
    desk.hear(trips("t-1", "t-2"))
    await desk.step(PACE.settle)
    assert desk.broken == set(), "it may be in progress"
    await desk.step(PACE.settle)
    assert desk.broken == {(BOOKED_ONCE, "t-2")}
    await desk.step(PACE.again)
    await desk.step(PACE.again)
    [line] = desk.lines
    assert (line["log_level"], line["event"], line["rule"], line["subject"], line["what"]) == (
        "error", "rule broken", BOOKED_ONCE, "t-2", "twice"
    )  # fmt: skip
    [finding] = desk.findings.of("t-2")
    assert (finding.at, finding.resolved_at) == ("2023-11-14T22:13:26Z", None)
    [rule] = [rule for rule in desk.rules.views(desk.findings.open) if rule.scope == "saga"]
    assert rule.holds is False


async def test_what_is_put_right_is_marked_as_resolved(desk: Desk) -> None:
    desk.stores.wrong = {"t-1"}
    desk.hear(trips("t-1"))
    await desk.step(PACE.settle)
    await desk.step(PACE.settle)
    desk.stores.wrong = set()
    await desk.step(PACE.again)
    assert desk.broken == set()
    assert [line["event"] for line in desk.lines] == ["rule broken", "rule holds again"]
    [finding] = desk.findings.newest(200)
    assert finding.resolved_at is not None


async def test_what_does_not_last_is_no_finding(desk: Desk) -> None:
    desk.stores.wrong = {"t-1"}
    desk.hear(trips("t-1"))
    await desk.step(PACE.settle)
    desk.stores.wrong = set()
    await desk.step(PACE.settle)
    await desk.step(PACE.again)
    assert (desk.lines, desk.broken, desk.auditor.behind) == ([], set(), 0)


async def test_news_between_two_looks_begin_the_judgement_again(desk: Desk) -> None:
    desk.stores.wrong = {"t-1"}
    world = trips("t-1")
    desk.hear(world)
    await desk.step(PACE.settle)
    desk.now += 1
    desk.auditor.news(["t-1"], desk.now)
    await desk.step(PACE.settle)
    assert desk.broken == set()
    await desk.step(PACE.settle)
    assert desk.broken == {(BOOKED_ONCE, "t-1")}


async def test_a_saga_in_progress_is_not_judged_until_all_have_finished_its_events(desk: Desk) -> None:
    """A service that is down for a minute makes no violation."""
    desk.stores.wrong = {"t-1"}
    desk.hear(trips("t-1"), is_finished=False)
    for _ in range(10):
        await desk.step(PACE.settle)
    assert desk.stores.looks == []
    desk.stores.wrong = set()
    desk.finish()
    await desk.step(PACE.again)
    assert (desk.broken, desk.auditor.judged) == (set(), 1)


async def test_sagas_that_wait_for_a_service_are_looked_at_ever_more_rarely(desk: Desk) -> None:
    """Otherwise all sagas of an hour would be looked at every few seconds."""
    desk.hear(trips("t-1"), is_finished=False)
    while desk.now < NOON + PACE.grace - 1:
        await desk.step(1)
    assert desk.asked == 5, "after 3 s, and then after 3, 6, 12 and 24 s more"


async def test_what_is_not_finished_for_very_long_is_not_in_progress(desk: Desk) -> None:
    desk.stores.wrong = {"t-1"}
    desk.hear(trips("t-1"), is_finished=False)
    await desk.step(PACE.grace)
    await desk.step(PACE.settle)
    assert desk.broken == {(BOOKED_ONCE, "t-1")}


async def test_a_forged_second_end_is_found_in_the_hub(desk: Desk) -> None:
    world = trips("t-1", "t-2")
    desk.hear(world)
    end = next(one for saga, one in heard_in(world) if saga == "t-1" and one.type == "TripBooked.v1")
    desk.say([("t-1", replace(end, type=TripCancelled.type, id="f0f0f0f0-0000-4000-8000-000000000000"))])
    desk.finish()
    await desk.step(PACE.settle)
    await desk.step(PACE.settle)
    assert (ENDS_IN_ONE_WAY, "t-1") in desk.broken
    assert {subject for _, subject in desk.broken} == {"t-1"}


async def test_the_whole_hub_delivered_again_changes_nothing(desk: Desk) -> None:
    world = trips("t-1")
    desk.hear(world)
    desk.hear(world)
    await desk.step(PACE.settle)
    await desk.step(PACE.settle)
    assert desk.broken == set()


async def test_a_server_that_is_away_is_a_problem_and_no_verdict(desk: Desk) -> None:
    desk.stores.wrong = {"t-1"}
    desk.stores.failure = OutageError("Cosmos DB is away")
    desk.hear(trips("t-1"))
    await desk.step(PACE.settle)
    shown = {rule.scope: (rule.holds, rule.problem) for rule in desk.rules.views(desk.findings.open)}
    assert shown["saga"] == (None, "Cosmos DB is away")
    assert shown["everything"] == (None, "not looked at yet")
    assert desk.auditor.behind == 1
    desk.stores.failure = None
    await desk.step(PACE.settle)
    await desk.step(PACE.settle)
    assert desk.broken == {(BOOKED_ONCE, "t-1")}


async def test_a_rule_that_cannot_be_checked_on_sagas_says_why_and_resolves_nothing(desk: Desk) -> None:
    desk.stores.wrong = {"t-1"}
    desk.hear(trips("t-1"))
    await desk.step(PACE.settle)
    await desk.step(PACE.settle)
    desk.stores.problem = "give it the method effects_of"
    await desk.step(PACE.again)
    assert desk.broken == {(BOOKED_ONCE, "t-1")}
    [rule] = [rule for rule in desk.rules.views(desk.findings.open) if rule.scope == "saga"]
    assert (rule.holds, rule.problem) == (None, "give it the method effects_of")


async def test_many_sagas_are_looked_at_in_few_looks(desk: Desk) -> None:
    desk.hear(trips(*(f"t-{number}" for number in range(25))))
    await desk.step(PACE.settle)
    assert [len(look) for look in desk.stores.looks] == [10, 10, 5]


async def test_everything_is_judged_and_a_saga_in_it_once_more_alone(desk: Desk) -> None:
    """A charge of yesterday makes no news. The look at everything finds it, and a look at it alone confirms it."""
    desk.hear(trips("t-1"))
    await desk.step(PACE.settle)
    desk.stores.wrong, desk.stores.sums = {"t-1", "unknown to the hub"}, "3 kept, 2 paid"
    with desk.noting():
        await desk.auditor.look_at_everything(lambda: desk.now)
    assert desk.broken == {("the sums are equal", "EUR"), (BOOKED_ONCE, "unknown to the hub")}
    await desk.step(PACE.settle)
    await desk.step(PACE.settle)
    assert (BOOKED_ONCE, "t-1") in desk.broken
    desk.stores.wrong, desk.stores.sums = set(), ""
    with desk.noting():
        await desk.auditor.look_at_everything(lambda: desk.now)
    assert desk.broken == set()


async def test_after_a_restart_it_continues_and_says_nothing_twice(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.stores.wrong = {"t-1"}
    desk.hear(trips("t-1"))
    desk.restart()
    assert desk.auditor.behind == 1, "what was not judged before is judged now"
    await desk.step(PACE.settle)
    await desk.step(PACE.settle)
    desk.restart()
    assert desk.broken == {(BOOKED_ONCE, "t-1")}
    assert desk.auditor.behind == 0
    await desk.step(PACE.again)
    await desk.step(PACE.again)
    assert [line["event"] for line in desk.lines] == ["rule broken"]


async def test_a_saga_with_a_gap_misses_no_cause(desk: Desk) -> None:
    """The hub keeps its events for some days: what it has dropped is not there, and no participant has done wrong."""
    world = trips("t-1")
    events = [one for one in heard_in(world) if one[1].type != "TripRequested.v1"]
    desk.skip(5)
    desk.say(events)
    desk.finish()
    await desk.step(PACE.settle)
    await desk.step(PACE.settle)
    assert desk.broken == set()
    assert desk.now > NOON
