"""Invariant 5: the services agree, and no order is late."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

from quartet.cli.audit.finding import Finding, Violation
from services.inventory.domain import ReservationStatus
from services.operations.audit.effects import Effects
from services.operations.audit.snapshot import OrderRow, Snapshot
from services.order.domain import CLOSED, OrderStatus
from services.payment.domain import PaymentStatus
from services.shipping.domain import ShipmentStatus

_NOTHING_HELD = frozenset({ReservationStatus.REFUSED, ReservationStatus.RELEASED})
_NOTHING_KEPT = frozenset({None, PaymentStatus.FAILED, PaymentStatus.VOIDED, PaymentStatus.REFUNDED})
_NOTHING_SENT = frozenset({None, ShipmentStatus.FAILED, ShipmentStatus.CANCELLED})


def services_agree(snapshot: Snapshot, effects: Effects, grace: timedelta) -> Finding:
    """Compare the records of the four services for each order."""
    violations: list[Violation] = []
    for order_id, order in snapshot.orders.items():
        if order.status in CLOSED:
            violations += _disagreements(order_id, order.status, snapshot)
            if not order.placed:
                violations.append(Violation(order_id, f"is {order.status}, but was never placed"))
        elif _is_overdue(order, snapshot, grace):
            violations.append(Violation(order_id, f"is still {order.status}, its deadline was {order.deadline}"))
    for order_id in effects.orders():
        if not _is_placed(order_id, snapshot):
            violations.append(Violation(order_id, "has stock, money or a parcel, but the order service has no order"))
    statuses = Counter(order.status for order in snapshot.orders.values() if order.placed)
    waiting = sorted(order_id for order_id, order in snapshot.orders.items() if not order.placed)
    attention = sorted(
        order_id for order_id, order in snapshot.orders.items() if order.status is OrderStatus.NEEDS_ATTENTION
    )
    figures: dict[str, int | str] = {
        "ended": sum(statuses[status] for status in CLOSED),
        "open": sum(count for status, count in statuses.items() if status not in CLOSED),
    }
    if waiting:
        figures["never placed"] = _names(waiting)
    if attention:
        figures["need attention"] = _names(attention)
    return Finding(
        5,
        "all four services agree about every ended order; none is open past its deadline plus grace",
        figures,
        tuple(violations),
    )


def _disagreements(order_id: str, status: OrderStatus, snapshot: Snapshot) -> Iterator[Violation]:
    inventory = snapshot.reservations.get(order_id)
    payment = snapshot.payments.get(order_id)
    shipping = snapshot.shipments.get(order_id)
    if status is OrderStatus.COMPLETED:
        agreed = {
            "inventory": inventory is ReservationStatus.SHIPPED,
            "payment": payment is PaymentStatus.CHARGED,
            "shipping": shipping is ShipmentStatus.SHIPPED,
        }
    else:
        agreed = {
            "inventory": inventory in _NOTHING_HELD,
            "payment": payment in _NOTHING_KEPT,
            "shipping": shipping in _NOTHING_SENT,
        }
    says = {"inventory": inventory, "payment": payment, "shipping": shipping}
    for service, agrees in agreed.items():
        # An unreadable record is reported as such, and proves nothing either way.
        if not agrees and not snapshot.is_unread(service, order_id):
            yield Violation(order_id, f"is {status}, but {service} says {says[service] or 'nothing'}")


def _is_placed(order_id: str, snapshot: Snapshot) -> bool:
    """Whether the order service has the order, or has something of it that cannot be read."""
    order = snapshot.orders.get(order_id)
    return snapshot.is_unread("order", order_id) or (order is not None and order.placed)


def _is_overdue(order: OrderRow, snapshot: Snapshot, grace: timedelta) -> bool:
    """An order that needs attention waits for a person; it is listed, and no lie."""
    return (
        order.placed
        and order.status is not OrderStatus.NEEDS_ATTENTION
        and order.deadline is not None
        and order.deadline + grace < snapshot.at
    )


def _names(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
