"""Invariant 4: money adds up."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from quartet.cli.audit.finding import Finding, Violation
from services.operations.audit.amounts import amounts_text, exact_sum
from services.operations.audit.effects import Effects
from services.operations.audit.snapshot import Movement, Snapshot
from services.order.domain import CLOSED, OrderStatus


def money_adds_up(snapshot: Snapshot, effects: Effects) -> Finding:
    """Compare the money kept with the cost of the orders' items."""
    violations: list[Violation] = []
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    kept: defaultdict[str, Decimal] = defaultdict(Decimal)
    for order_id, order in snapshot.orders.items():
        if order.status in CLOSED:
            _add(kept, effects.kept_for(order_id))
        if order.total is not None and order.total != order.cost:
            violations.append(Violation(order_id, f"its items cost {order.cost}, and its total says {order.total}"))
        if order.status is OrderStatus.COMPLETED:
            due = {order.currency: order.cost} if order.cost else {}
            _add(totals, due)
            if effects.kept_for(order_id) != due:
                violations.append(
                    Violation(
                        order_id, f"costs {amounts_text(due)}, and {amounts_text(effects.kept_for(order_id))} is kept"
                    )
                )
    for currency in sorted(totals.keys() | kept.keys()):
        if totals[currency] != kept[currency]:
            what = f"kept {kept[currency]}, the completed orders' totals are {totals[currency]}"
            violations.append(Violation(currency, what))
    return Finding(
        4,
        "money kept = the sum of the completed orders' totals",
        {"charged": _sums(snapshot.charges), "refunded": _sums(snapshot.refunds), "totals": amounts_text(totals)},
        tuple(violations),
    )


def _add(sums: defaultdict[str, Decimal], amounts: Mapping[str, Decimal]) -> None:
    for currency, amount in amounts.items():
        sums[currency] = exact_sum((sums[currency], amount))


def _sums(movements: Iterable[Movement]) -> str:
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for movement in movements:
        _add(sums, {movement.currency: movement.amount})
    return amounts_text(sums)
