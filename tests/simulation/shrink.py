"""Cutting a plan that fails down to what is needed for it to fail."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from quartet.testing.shrinking import Cut, fewer
from quartet.testing.shrinking import shrink as shrink_by
from tests.simulation.plan import Plan

Fails = Callable[[Plan], bool]


def shrink(plan: Plan, fails: Fails, most: int = 400) -> Plan:
    """A plan with fewer orders, publications and faults that still `fails`; after `most` attempts, the best so far."""
    return shrink_by(plan, fails, _CUTS, most=most)


def _only(plan: Plan, orders: Sequence[str]) -> Plan:
    return replace(plan, publications=tuple(one for one in plan.publications if one.order_id in orders))


def _simpler(plan: Plan, still: Fails) -> Plan:
    for simpler in (replace(plan, skews={}), replace(plan, partitions=1), replace(plan, room=1000)):
        if simpler != plan and still(simpler):
            plan = simpler
    return plan


_CUTS: Final[tuple[Cut[Plan], ...]] = (
    fewer(lambda plan: plan.order_ids, _only),
    fewer(lambda plan: plan.faults, lambda plan, some: replace(plan, faults=some)),
    fewer(lambda plan: plan.publications, lambda plan, some: replace(plan, publications=some)),
    _simpler,
)
