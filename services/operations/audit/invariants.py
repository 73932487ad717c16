"""The five invariants, and whether everything could be read that they speak of. Pure: a snapshot in, findings out."""

from datetime import timedelta

from quartet.cli.audit.finding import Finding, Violation
from services.operations.audit.agreement import services_agree
from services.operations.audit.effects import Effects
from services.operations.audit.ends import ends_are_true, nothing_twice
from services.operations.audit.money import money_adds_up
from services.operations.audit.snapshot import Snapshot
from services.operations.audit.stock import stock_adds_up

__all__ = ["Finding", "Violation", "audit"]


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
        _everything_is_read(snapshot),
    ]


def _everything_is_read(snapshot: Snapshot) -> Finding:
    """A document that could not be read proves nothing: the other findings hold without it."""
    return Finding(
        6,
        "every stored document can be read by this release",
        {"unreadable": len(snapshot.unparsed)},
        tuple(Violation(f"{one.place}/{one.id}", one.problem) for one in snapshot.unparsed),
    )
