"""Whatever goes wrong, nothing is lost and nothing is done twice: thousands of sagas, the same ones every time."""

import os
import subprocess
import sys
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from quartet.engine.failures.timeouts import stretched
from quartet.testing.cluster.plan.faults import ProcessFault
from services.order import domain
from services.order.domain import Fact, OrderStatus
from tests.simulation.campaign import run_campaign, smallest, story
from tests.simulation.content import PRICES, order_data
from tests.simulation.exhaustive import explore
from tests.simulation.plan import Plan, event_of, make_plan, publication
from tests.simulation.run import run_plan

_ROOT = Path(__file__).resolve().parents[2]


def test_hundreds_of_sagas_under_every_kind_of_fault() -> None:
    report = run_campaign(sagas=300, seed=1)
    assert report.failed == {}
    assert report.sagas >= 300
    assert {"COMPLETED", "CANCELLED", "NEEDS_ATTENTION"} >= set(report.statuses)
    assert min(report.statuses["COMPLETED"], report.statuses["CANCELLED"]) > 50
    assert len(report.faults) >= 30, "hardly anything went wrong"
    assert min(report.figures[name] for name in ("repeated", "ignored", "conflicts", "retries")) > 10


def test_every_fault_at_every_request_of_an_order_that_is_cancelled_on_its_way() -> None:
    explored = explore(["cancelled"])
    assert explored.failed == {}
    assert explored.schedules > 200
    assert len(explored.histories) > 50
    assert set(explored.ends) == {"COMPLETED", "CANCELLED"}


@pytest.mark.parametrize(
    "case",
    ["stopped and started again", "another hub", "blocked, and the operator dies", "seeded, and the seeding dies"],
)
def test_a_sample_of_what_can_happen_at_starts_stops_and_commands(case: str) -> None:
    """`make simulate` tries all of it."""
    explored = explore([case], every=11)
    assert explored.failed == {}
    assert explored.schedules > 0


def test_somebody_is_stopped_for_hours_and_goes_on() -> None:
    seed = next(seed for seed in range(1000) if any(fault.seconds > 3600 for fault in make_plan(seed).faults))
    result = run_plan(make_plan(seed))
    assert result.broken == []
    assert result.seconds > 2 * 3600


def test_a_run_repeats_exactly() -> None:
    first, second = (run_plan(make_plan(5), trace=True).trace.lines for _ in range(2))
    assert first == second
    assert len(first) > 100


def test_a_run_repeats_exactly_in_another_process() -> None:
    """Nothing hangs on the order of a set of strings, which differs from process to process."""
    say = (
        "from tests.simulation import campaign, plan, run\n"
        "for seed in (3, 5, 11): print(campaign.story(plan.make_plan(seed)))\n"
        "for seed in (13, 24): print(*run.run_plan(plan.make_plan(seed)).history, sep='\\n')"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", say],
            cwd=_ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            timeout=stretched(60),
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    ]
    assert told[0] == told[1]


def test_what_breaks_a_rule_is_cut_down_to_a_story_that_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = domain.status_of

    def hasty(facts: AbstractSet[Fact]) -> OrderStatus:
        """The order is called cancelled when the items are back, wherever the money is."""
        return OrderStatus.CANCELLED if {Fact.PLACED, Fact.RELEASED} <= facts else honest(facts)

    monkeypatch.setattr(domain, "status_of", hasty)
    plan = next(plan for plan in map(make_plan, range(1, 100)) if len(plan.order_ids) > 5 and run_plan(plan).broken)
    small = smallest(plan)
    assert len(small.order_ids) <= 2
    assert len(small.faults) <= 3
    told = story(small)
    assert "BROKEN: the status follows from what was heard" in told
    assert len(told.splitlines()) < 120


def test_what_was_discarded_before_its_order_was_known_does_not_block_it() -> None:
    """It is delivered once more when the order is known: nobody could unblock what waits for a settled letter."""
    unreadable = event_of("OrderCancellationRequested.v1", {"order_id": "o-1"}, "/stranger", "1")
    data = {**order_data(Random(1), "o-1"), "payment_method": "tok_visa"}
    plan = Plan(
        seed=4,
        publications=(
            replace(publication(2.0, "garbage", "1", unreadable), kept_by=frozenset({"shipping"})),
            publication(6.0, "order", "1", event_of("OrderCreated.v1", data, "/shop", "1")),
            publication(8.0, "duplicate", "1", event_of("OrderCreated.v1", data, "/shop", "2")),
        ),
        faults=(
            ProcessFault("redriven too early", "order-1", at=4.0),
            ProcessFault("from the start", "shipping-1", at=7.5),
        ),
        stock=dict.fromkeys((*PRICES, "Lamp"), 9),
        replicas=1,
        partitions=1,
        until=9.0,
    )
    result = run_plan(plan)
    assert result.broken == []
    assert result.figures["discarded"] == 1
    assert result.faults["from the start"] == 1
