"""A service that never comes back: what can be decided without it is decided, by the deadline."""

from dataclasses import replace
from random import Random

import pytest

from quartet.testing.cluster.plan.faults import ProcessFault
from tests.simulation.content import PRICES, order_data
from tests.simulation.plan import Plan, event_of, publication
from tests.simulation.run import Result, run_plan
from tests.simulation.saga import SERVICES


def plan(*gone: str, seed: int, orders: int = 8) -> Plan:
    """Orders all the time, and replicas that die for good in the middle of it."""
    random = Random(seed)
    placed = [
        publication(
            2.0 + random.uniform(0, 3),
            "order",
            str(random.randint(1, 4)),
            event_of("OrderCreated.v1", order_data(random, f"o-{n}"), "/shop", str(n)),
        )
        for n in range(orders)
    ]
    return Plan(
        seed=seed,
        publications=tuple(placed),
        faults=tuple(ProcessFault("dies", name, at=random.uniform(3, 5)) for name in gone),
        stock=dict.fromkeys((*PRICES, "Lamp"), 9),
        until=6.0,
        deadline=15.0,
    )


def deaths(service: str, seed: int) -> Result:
    return run_plan(plan(f"{service}-1", f"{service}-2", seed=seed))


@pytest.mark.parametrize("service", SERVICES)
def test_whatever_does_not_wait_for_the_dead_one_is_decided(service: str) -> None:
    results = [deaths(service, seed) for seed in range(4)]
    assert [result.broken for result in results] == [[]] * 4
    left = {status for result in results for status in result.statuses} - {"COMPLETED", "CANCELLED"}
    # Some had to be given up: without a deadline they would stand where they were.
    assert left == {"payment": {"COMPENSATING"}, "inventory": {"COMPENSATING"}, "shipping": {"PAID"}}.get(service, left)


@pytest.mark.parametrize("seed", range(2))
def test_with_one_replica_of_each_service_left_every_order_ends(seed: int) -> None:
    result = run_plan(plan(*(f"{service}-1" for service in SERVICES), seed=seed))
    assert result.broken == []
    assert set(result.statuses) <= {"COMPLETED", "CANCELLED"}
    assert sum(result.statuses.values()) == 8


def test_a_service_that_is_away_past_the_deadline_finds_the_order_given_up() -> None:
    """It comes back, hears of everything, and undoes what it does too late."""
    away = tuple(ProcessFault("crash", f"payment-{n}", at=4.0, seconds=30.0) for n in (1, 2))
    for seed in range(2):
        result = run_plan(replace(plan(seed=seed), faults=away, until=40.0))
        assert result.broken == []
        assert result.statuses["CANCELLED"] > 0
