"""Invariants 2 and 3: nothing is done twice, and an order's end is what happened."""

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal

from quartet.cli.audit.finding import Finding, Violation
from services.operations.audit.amounts import amounts_text
from services.operations.audit.effects import Effects
from services.operations.audit.snapshot import OrderRow, Snapshot
from services.order.domain import OrderStatus

_NO_WAY_BACK = frozenset({OrderStatus.COMPENSATING, OrderStatus.NEEDS_ATTENTION})


def nothing_twice(snapshot: Snapshot, effects: Effects) -> Finding:
    """Count the effects in the outside world for each order."""
    violations = [
        Violation(order_id, f"{count} {what}")
        for counter, what in ((effects.charges, "charges"), (effects.refunds, "refunds"), (effects.parcels, "parcels"))
        for order_id, count in counter.items()
        if count > 1
    ]
    unfounded = (order_id for order_id in effects.refunds if not effects.charges[order_id])
    violations += [Violation(order_id, "a refund without a charge") for order_id in unfounded]
    violations += [
        Violation(order_id, f"{amounts_text(too_much)} was refunded beyond what was charged")
        for order_id in effects.refunds
        if effects.charges[order_id] and (too_much := _over_refunded(effects.kept_for(order_id)))
    ]
    return Finding(
        2,
        "per order: at most one charge, one refund, one shipment; no refund without a charge, or above it",
        {
            "charges": len(snapshot.charges),
            "refunds": len(snapshot.refunds),
            "shipments": len(snapshot.parcels),
        },
        tuple(violations),
    )


def _over_refunded(kept: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {currency: -amount for currency, amount in kept.items() if amount < 0}


def ends_are_true(snapshot: Snapshot, effects: Effects) -> Finding:
    """Compare the order service's status of each order with the effects."""
    violations: list[Violation] = []
    for order_id, order in snapshot.orders.items():
        match order.status:
            case OrderStatus.COMPLETED:
                violations += _untrue_completion(order_id, order, effects)
            case OrderStatus.CANCELLED:
                violations += _untrue_cancellation(order_id, effects)
            case status if status in _NO_WAY_BACK and effects.parcels[order_id]:
                violations.append(Violation(order_id, f"is {status}, but a parcel is on its way"))
    return Finding(
        3,
        "COMPLETED = one charge kept, one shipment, stock shipped; CANCELLED = no shipment, no money kept, no stock",
        dict(Counter(order.status.value for order in snapshot.orders.values())),
        tuple(violations),
    )


def _untrue_completion(order_id: str, order: OrderRow, effects: Effects) -> Iterator[Violation]:
    if order.cost > 0 and not effects.kept_for(order_id):
        yield Violation(order_id, "is COMPLETED, but no charge is kept")
    if not effects.parcels[order_id]:
        yield Violation(order_id, "is COMPLETED, but there is no shipment")
    shipped, held = effects.shipped_to(order_id), effects.held_for(order_id)
    if shipped.total() != order.pieces or held:
        yield Violation(
            order_id,
            f"is COMPLETED with {order.pieces} pieces, but {shipped.total()} left the warehouse and {held} are held",
        )
    elif shipped != order.by_product:
        yield Violation(order_id, "is COMPLETED, but other products left the warehouse than were ordered")


def _untrue_cancellation(order_id: str, effects: Effects) -> Iterator[Violation]:
    if effects.parcels[order_id]:
        yield Violation(order_id, "is CANCELLED, but a parcel is on its way")
    if kept := effects.kept_for(order_id):
        yield Violation(order_id, f"is CANCELLED, but {amounts_text(kept)} is not given back")
    if pieces := effects.held_for(order_id) + effects.shipped_to(order_id).total():
        yield Violation(order_id, f"is CANCELLED, but has {pieces} pieces")
