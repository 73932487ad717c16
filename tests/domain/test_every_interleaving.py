"""Whatever happens in whatever order, every saga ends, all services agree, and nothing is held that should not be.

One order, four services, every outcome of every step. Nothing is assumed about the order of events: each event is
delivered at any time after it was said, and a cancellation may be heard before anything else. On top of that come, in
bounded numbers: handlers that act outside and die before they can write (from whatever state they believed in),
handlers whose retries are used up, repeated deliveries, and the same order sent twice.

These runs found, for instance, that the fallback of a reservation must not release what it holds: it may not know
yet that its own reservation has been made and paid for.
"""

from random import Random
from typing import Any

import pytest

from services.order.domain import OrderStatus
from tests.domain.explore import explore, wander
from tests.domain.world import new_world

COMPLETED, CANCELLED, ATTENTION = OrderStatus.COMPLETED, OrderStatus.CANCELLED, OrderStatus.NEEDS_ATTENTION

FATES: dict[str, dict[str, Any]] = {
    "all is well": {},
    "out of stock": {"lamps": 1},
    "card declined": {"method": "tok_declined"},
    "address not served": {"country": "AQ"},
    "declined, and not served anyway": {"method": "tok_declined", "country": "AQ"},
    "refund refused": {"method": "tok_refund_fails", "country": "AQ"},
}


@pytest.mark.parametrize(
    ("fate", "ends"),
    [
        ("all is well", {COMPLETED}),
        ("out of stock", {CANCELLED}),
        ("card declined", {CANCELLED}),
        ("address not served", {CANCELLED}),
        ("declined, and not served anyway", {CANCELLED}),
        ("refund refused", {ATTENTION}),
    ],
)
def test_an_undisturbed_order_ends_in_one_way(fate: str, ends: set[OrderStatus]) -> None:
    _, reached = explore(new_world(**FATES[fate], eager_notes=False))
    assert reached == ends


@pytest.mark.parametrize("fate", FATES)
def test_one_cancellation_at_any_moment(fate: str) -> None:
    """Every order in which the order service can hear of things is tried as well."""
    states, reached = explore(new_world(**FATES[fate], cancellations=["customer"], eager_notes=False))
    assert CANCELLED in reached
    assert (COMPLETED in reached) == (fate == "all is well")
    assert states > 100


@pytest.mark.parametrize("fate", FATES)
def test_two_cancellations_one_death_and_one_giving_up_at_any_moment(fate: str) -> None:
    world = new_world(**FATES[fate], cancellations=["customer", "deadline"], abandons=1, give_ups=1)
    states, reached = explore(world)
    assert CANCELLED in reached
    assert (COMPLETED in reached) == (fate == "all is well")
    assert states > 500


@pytest.mark.parametrize("fate", FATES)
def test_two_deaths_and_two_givings_up_without_a_cancellation_that_would_end_it_anyway(fate: str) -> None:
    states, reached = explore(new_world(**FATES[fate], abandons=2, give_ups=2, repeats=1))
    assert reached
    assert states > 100


@pytest.mark.parametrize("fate", ["all is well", "refund refused"])
def test_one_repeat_one_death_and_one_giving_up_at_any_moment(fate: str) -> None:
    world = new_world(**FATES[fate], cancellations=["customer"], repeats=1, abandons=1, give_ups=1)
    states, reached = explore(world)
    assert {CANCELLED, ATTENTION} <= reached
    assert states > 5000


def test_the_order_sent_twice_and_one_giving_up_at_any_moment() -> None:
    states, reached = explore(new_world(cancellations=["customer"], copies=2, give_ups=1))
    assert reached == {COMPLETED, CANCELLED, ATTENTION}
    assert states > 1000


@pytest.mark.parametrize("seed", range(10))
def test_much_trouble_at_random(seed: int) -> None:
    """Far beyond what can be tried exhaustively, and with views that are old by any number of writes."""
    random = Random(seed)
    for _ in range(25):
        fate = random.choice(list(FATES.values()))
        world = new_world(
            **fate,
            abandons=random.randint(0, 5),
            give_ups=random.randint(0, 3),
            repeats=random.randint(0, 5),
            cancellations=random.sample(["customer", "deadline"], random.randint(0, 2)),
            copies=random.randint(1, 3),
            eager_notes=False,
            stale_views=True,
        )
        assert wander(world, random) in {COMPLETED, CANCELLED, ATTENTION}
