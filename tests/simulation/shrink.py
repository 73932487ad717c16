"""Cutting a plan that fails down to what is needed for it to fail."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from tests.simulation.plan import Plan

T = TypeVar("T")
Fails = Callable[[Plan], bool]


def shrink(plan: Plan, fails: Fails, most: int = 400) -> Plan:
    """A plan with fewer orders, publications and faults that still `fails`; after `most` attempts, the best so far."""
    left = most

    def still(candidate: Plan) -> bool:
        nonlocal left
        left -= 1
        return left >= 0 and fails(candidate)

    before = None
    while plan != before and left > 0:
        before = plan
        plan = _with_fewer_orders(plan, still)
        plan = _with_fewer_faults(plan, still)
        plan = _with_fewer_publications(plan, still)
        for simpler in (replace(plan, skews={}), replace(plan, partitions=1), replace(plan, room=1000)):
            if simpler != plan and still(simpler):
                plan = simpler
    return plan


def _only(plan: Plan, orders: Sequence[str]) -> Plan:
    return replace(plan, publications=tuple(one for one in plan.publications if one.order_id in orders))


def _with_fewer_orders(plan: Plan, still: Fails) -> Plan:
    return _only(plan, _fewer(plan.order_ids, lambda some: still(_only(plan, some))))


def _with_fewer_faults(plan: Plan, still: Fails) -> Plan:
    return replace(plan, faults=tuple(_fewer(plan.faults, lambda some: still(replace(plan, faults=tuple(some))))))


def _with_fewer_publications(plan: Plan, still: Fails) -> Plan:
    few = _fewer(plan.publications, lambda some: still(replace(plan, publications=tuple(some))))
    return replace(plan, publications=tuple(few))


def _fewer(things: Sequence[T], still: Callable[[Sequence[T]], bool]) -> Sequence[T]:
    """Leave out halves, then quarters, then single ones, as long as it still fails."""
    chunk = max(1, len(things) // 2)
    while things:
        start = 0
        while start < len(things):
            fewer = [*things[:start], *things[start + chunk :]]
            if still(fewer):
                things = fewer
            else:
                start += chunk
        if chunk == 1:
            break
        chunk //= 2
    return things
