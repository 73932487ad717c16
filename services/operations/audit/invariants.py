"""The five invariants, and whether everything could be read that they speak of. Pure: a snapshot in, findings out."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Final

from quartet.cli.audit.finding import Finding, Violation
from quartet.cli.audit.judging import everything_is_read
from services.operations.audit.agreement import services_agree
from services.operations.audit.effects import Effects
from services.operations.audit.ends import ends_are_true, nothing_twice
from services.operations.audit.money import money_adds_up
from services.operations.audit.snapshot import Snapshot
from services.operations.audit.stock import stock_adds_up

__all__ = ["Finding", "Violation", "audit", "audit_orders"]

_LAST: Final = 6


def audit(snapshot: Snapshot, grace: timedelta) -> list[Finding]:
    """Check every invariant.

    Args:
        snapshot: the stored data.
        grace: how long after its deadline an order may still be open.
    """
    effects = Effects.of(snapshot)
    return [
        stock_adds_up(snapshot),
        nothing_twice(snapshot, effects),
        ends_are_true(snapshot, effects),
        money_adds_up(snapshot, effects),
        services_agree(snapshot, effects, grace),
        everything_is_read(_LAST, snapshot.unparsed),
    ]


def audit_orders(
    snapshot: Snapshot, grace: timedelta, order_ids: Collection[str], no_effects: str = ""
) -> list[Finding]:
    """Check what can be said of single orders, on a snapshot of these orders alone.

    That stock adds up is left out, and of the money that the sums are equal: both speak of all orders together.
    `no_effects` says why the ledgers are missing in the snapshot; then only the services' agreement is checked.
    """
    effects = Effects.of(snapshot)
    by_effects = [
        nothing_twice(snapshot, effects), ends_are_true(snapshot, effects), money_adds_up(snapshot, effects)
    ]  # fmt: skip
    if no_effects:
        by_effects = [replace(one, figures={}, violations=(), problem=no_effects) for one in by_effects]
    of_orders = [
        replace(one, violations=tuple(found for found in one.violations if found.subject in order_ids))
        for one in (*by_effects, services_agree(snapshot, effects, grace))
    ]
    return [*of_orders, everything_is_read(_LAST, snapshot.unparsed, order_ids)]
