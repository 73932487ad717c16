"""The five invariants. Pure: a snapshot in, findings out."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from quartet.audit.effects import Effects
from quartet.audit.snapshot import Movement, OrderRow, Snapshot, Stock
from services.inventory.cosmos_stock import HELD, SHIPPED
from services.inventory.domain import ReservationStatus
from services.order.domain import CLOSED, OrderStatus
from services.payment.domain import PaymentStatus
from services.shipping.domain import ShipmentStatus

_NOTHING_HELD = frozenset({ReservationStatus.REFUSED, ReservationStatus.RELEASED})
_NOTHING_KEPT = frozenset({None, PaymentStatus.FAILED, PaymentStatus.VOIDED, PaymentStatus.REFUNDED})
_NOTHING_SENT = frozenset({None, ShipmentStatus.FAILED, ShipmentStatus.CANCELLED})
_NO_WAY_BACK = frozenset({OrderStatus.COMPENSATING, OrderStatus.NEEDS_ATTENTION})


@dataclass(frozen=True, slots=True)
class Violation:
    """What is wrong, and with which order or product."""

    subject: str
    what: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One invariant, the figures that it was checked on, and where it is broken."""

    number: int
    rule: str
    figures: Mapping[str, int | str]
    violations: tuple[Violation, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing breaks it."""
        return not self.violations


def audit(snapshot: Snapshot, grace: timedelta) -> list[Finding]:
    """Check every invariant.

    Args:
        snapshot: what is stored.
        grace: how long after its deadline an order may still be open.
    """
    effects = Effects.of(snapshot)
    return [
        _stock_adds_up(snapshot),
        _nothing_twice(snapshot, effects),
        _ends_are_true(snapshot, effects),
        _money_adds_up(snapshot, effects),
        _services_agree(snapshot, effects, grace),
    ]


def _stock_adds_up(snapshot: Snapshot) -> Finding:
    pieces: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for allocation in snapshot.allocations:
        pieces[allocation.product_id][allocation.state] += allocation.quantity
    violations = [
        Violation(product, what)
        for product in sorted(snapshot.stock.keys() | pieces.keys())
        for what in _wrong_stock(snapshot.stock.get(product), pieces[product][HELD], pieces[product][SHIPPED])
    ]
    stocks = snapshot.stock.values()
    return Finding(
        1,
        "per product: available + reserved + shipped = seeded, none negative, reserved = what open orders hold",
        {
            "products": len(snapshot.stock),
            "seeded": sum(stock.seeded for stock in stocks),
            "available": sum(stock.available for stock in stocks),
            "reserved": sum(stock.reserved for stock in stocks),
            "shipped": sum(stock.shipped for stock in stocks),
        },
        tuple(violations),
    )


def _wrong_stock(stock: Stock | None, held: int, shipped: int) -> Iterator[str]:
    if stock is None:
        if held or shipped:
            yield "orders have pieces of a product that was never in stock"
        return
    if min(stock.available, stock.reserved, stock.shipped) < 0:
        yield f"a quantity is negative: {stock}"
    if (together := stock.available + stock.reserved + stock.shipped) != stock.seeded:
        yield f"{together} pieces are there, {stock.seeded} were seeded"
    if stock.reserved != held:
        yield f"{stock.reserved} are reserved, orders hold {held}"
    if stock.shipped != shipped:
        yield f"{stock.shipped} are shipped, orders got {shipped}"


def _nothing_twice(snapshot: Snapshot, effects: Effects) -> Finding:
    violations = [
        Violation(order_id, f"{count} {what}")
        for counter, what in ((effects.charges, "charges"), (effects.refunds, "refunds"), (effects.parcels, "parcels"))
        for order_id, count in counter.items()
        if count > 1
    ]
    unfounded = (order_id for order_id in effects.refunds if not effects.charges[order_id])
    violations += [Violation(order_id, "a refund without a charge") for order_id in unfounded]
    return Finding(
        2,
        "per order: at most one charge, one refund, one shipment; no refund without a charge",
        {
            "charges": len(snapshot.charges),
            "refunds": len(snapshot.refunds),
            "shipments": len(snapshot.parcels),
        },
        tuple(violations),
    )


def _ends_are_true(snapshot: Snapshot, effects: Effects) -> Finding:
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
    if order.total > 0 and not effects.kept_for(order_id):
        yield Violation(order_id, "is COMPLETED, but no charge is kept")
    if not effects.parcels[order_id]:
        yield Violation(order_id, "is COMPLETED, but there is no shipment")
    if effects.shipped[order_id] != order.pieces or effects.held[order_id]:
        yield Violation(
            order_id,
            f"is COMPLETED with {order.pieces} pieces, but {effects.shipped[order_id]} left the warehouse and "
            f"{effects.held[order_id]} are held",
        )


def _untrue_cancellation(order_id: str, effects: Effects) -> Iterator[Violation]:
    if effects.parcels[order_id]:
        yield Violation(order_id, "is CANCELLED, but a parcel is on its way")
    if kept := effects.kept_for(order_id):
        yield Violation(order_id, f"is CANCELLED, but {_amounts(kept)} is not given back")
    if pieces := effects.held[order_id] + effects.shipped[order_id]:
        yield Violation(order_id, f"is CANCELLED, but has {pieces} pieces")


def _money_adds_up(snapshot: Snapshot, effects: Effects) -> Finding:
    violations: list[Violation] = []
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    kept: defaultdict[str, Decimal] = defaultdict(Decimal)
    for order_id, order in snapshot.orders.items():
        if order.status in CLOSED:
            _add(kept, effects.kept_for(order_id))
        if order.status is OrderStatus.COMPLETED:
            due = {order.currency: order.total} if order.total else {}
            _add(totals, due)
            if effects.kept_for(order_id) != due:
                violations.append(
                    Violation(order_id, f"costs {_amounts(due)}, and {_amounts(effects.kept_for(order_id))} is kept")
                )
    for currency in sorted(totals.keys() | kept.keys()):
        if totals[currency] != kept[currency]:
            what = f"kept {kept[currency]}, the completed orders' totals are {totals[currency]}"
            violations.append(Violation(currency, what))
    return Finding(
        4,
        "money kept = the sum of the completed orders' totals",
        {"charged": _sums(snapshot.charges), "refunded": _sums(snapshot.refunds), "totals": _amounts(totals)},
        tuple(violations),
    )


def _services_agree(snapshot: Snapshot, effects: Effects, grace: timedelta) -> Finding:
    violations: list[Violation] = []
    for order_id, order in snapshot.orders.items():
        if order.status in CLOSED:
            violations += _disagreements(order_id, order.status, snapshot)
        elif _is_overdue(order, snapshot, grace):
            violations.append(Violation(order_id, f"is still {order.status}, its deadline was {order.deadline}"))
    for order_id in effects.orders():
        if order_id not in snapshot.orders or not snapshot.orders[order_id].placed:
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
        if not agrees:
            yield Violation(order_id, f"is {status}, but {service} says {says[service] or 'nothing'}")


def _is_overdue(order: OrderRow, snapshot: Snapshot, grace: timedelta) -> bool:
    """An order that needs attention waits for a person; it is listed, and no lie."""
    return (
        order.placed
        and order.status is not OrderStatus.NEEDS_ATTENTION
        and order.deadline is not None
        and order.deadline + grace < snapshot.at
    )


def _add(sums: defaultdict[str, Decimal], amounts: Mapping[str, Decimal]) -> None:
    for currency, amount in amounts.items():
        sums[currency] += amount


def _sums(movements: Iterable[Movement]) -> str:
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for movement in movements:
        sums[movement.currency] += movement.amount
    return _amounts(sums)


def _amounts(amounts: Mapping[str, Decimal]) -> str:
    return " + ".join(f"{amount} {currency}" for currency, amount in sorted(amounts.items()) if amount) or "nothing"


def _names(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
