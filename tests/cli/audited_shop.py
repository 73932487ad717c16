"""A day at the shop as the audit sees it, and what is broken once it was changed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from services.inventory.domain import ReservationStatus
from services.operations.audit.invariants import Finding, audit
from services.operations.audit.snapshot import Allocation, Movement, OrderLine, OrderRow, Snapshot, Stock
from services.order.domain import OrderStatus
from services.payment.domain import PaymentStatus
from services.shipping.domain import ShipmentStatus

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
GRACE = timedelta(seconds=60)


def ordered(status: OrderStatus, pieces: int, total: str, deadline: datetime = NOON) -> OrderRow:
    """An order of so much rosin at 8.90 EUR."""
    return OrderRow(status, True, Decimal(total), "EUR", (OrderLine("rosin", pieces, Decimal("8.90")),), deadline)


def shop() -> Snapshot:
    """A day at the shop: `done` was shipped, `undone` paid and refunded, `refused` never held, `open` is reserved."""
    return Snapshot(
        at=NOON,
        stock={"rosin": Stock(available=5, reserved=1, shipped=2, seeded=8)},
        allocations=[
            Allocation("rosin", "done", 2, "shipped"),
            Allocation("rosin", "undone", 3, "released"),
            Allocation("rosin", "refused", 9, "refused"),
            Allocation("rosin", "open", 1, "held"),
        ],
        orders={
            "done": ordered(OrderStatus.COMPLETED, 2, "17.80"),
            "undone": ordered(OrderStatus.CANCELLED, 3, "26.70"),
            "refused": ordered(OrderStatus.CANCELLED, 9, "80.10"),
            "open": ordered(OrderStatus.INVENTORY_RESERVED, 1, "8.90", NOON + GRACE),
        },
        reservations={
            "done": ReservationStatus.SHIPPED,
            "undone": ReservationStatus.RELEASED,
            "refused": ReservationStatus.REFUSED,
            "open": ReservationStatus.RESERVED,
        },
        payments={"done": PaymentStatus.CHARGED, "undone": PaymentStatus.REFUNDED},
        shipments={"done": ShipmentStatus.SHIPPED, "undone": ShipmentStatus.FAILED},
        charges=[Movement("done", Decimal("17.80"), "EUR"), Movement("undone", Decimal("26.70"), "EUR")],
        refunds=[Movement("undone", Decimal("26.70"), "EUR")],
        parcels=["done"],
    )


def broken(findings: list[Finding]) -> dict[int, list[str]]:
    return {
        finding.number: [f"{violation.subject}: {violation.what}" for violation in finding.violations]
        for finding in findings
        if not finding.holds
    }


def after(change: Callable[[Snapshot], object]) -> dict[int, list[str]]:
    """What is broken once the shop's snapshot was changed."""
    snapshot = shop()
    change(snapshot)
    return broken(audit(snapshot, GRACE))


def put_stock(snapshot: Snapshot, **quantities: int) -> None:
    snapshot.stock["rosin"] = replace(snapshot.stock["rosin"], **quantities)
