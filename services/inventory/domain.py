"""What inventory knows about an order, and what follows from it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from shared.events import (
    Compensation,
    CompensationFailed,
    InventoryReleased,
    InventoryReservationFailed,
    InventoryReserved,
    Line,
    OrderCreated,
    Shortage,
    StockRefusal,
    merged,
    quantities,
)


class ReservationStatus(StrEnum):
    """Where the order's items are."""

    RESERVED = "RESERVED"
    """All of them are held."""
    REFUSED = "REFUSED"
    """None is held, and none ever will be."""
    TOMBSTONE = "TOMBSTONE"
    """The order had failed before its items were reserved: they will be refused."""
    RELEASED = "RELEASED"
    """They were held, and are available again."""
    RELEASE_FAILED = "RELEASE_FAILED"
    """They are held although they should not be: the release is owed."""
    SHIPPED = "SHIPPED"
    """They have left the warehouse."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """One order, as inventory sees it.

    Attributes:
        order_id: Whose items they are.
        status: Where they are.
        lines: What the order asks for, one line per product. Empty in a tombstone.
        reason: Why nothing is or will be held; empty while all is well.
    """

    order_id: str
    status: ReservationStatus
    lines: tuple[Line, ...] = ()
    reason: str = ""

    @property
    def holds_stock(self) -> bool:
        """Whether its pieces count as reserved."""
        return self.status in {ReservationStatus.RESERVED, ReservationStatus.RELEASE_FAILED}

    def strays(self, lines: Iterable[Line]) -> dict[str, int]:
        """What a hold for these lines of another `OrderCreated` may have got, and must give back.

        The pieces of this reservation are not among them.
        """
        asked, mine = quantities(lines), quantities(self.lines)
        if asked == mine:
            return {}
        keeps = self.holds_stock or self.status is ReservationStatus.SHIPPED
        return {product: pieces for product, pieces in asked.items() if not (keeps and product in mine)}


def reserved(order: OrderCreated) -> tuple[Reservation, InventoryReserved]:
    """All items are held."""
    return Reservation(order.order_id, ReservationStatus.RESERVED, merged(order.items)), InventoryReserved(
        order_id=order.order_id,
        customer_id=order.customer_id,
        currency=order.currency,
        items=order.items,
        total=order.total,
        payment_method=order.payment_method,
        shipping_address=order.shipping_address,
    )


def refused(
    order: OrderCreated, reason: str, shortages: tuple[Shortage, ...] = ()
) -> tuple[Reservation, InventoryReservationFailed]:
    """Nothing is held."""
    refusal = Reservation(order.order_id, ReservationStatus.REFUSED, merged(order.items), reason)
    return refusal, InventoryReservationFailed(order_id=order.order_id, reason=reason, shortages=shortages)


def reason_to_refuse(shortages: tuple[Shortage, ...]) -> StockRefusal:
    """Without a shortage, the refusal was left by a release that overtook the hold."""
    return StockRefusal.OUT_OF_STOCK if shortages else StockRefusal.CANCELLED


def tombstone(order_id: str, reason: str) -> Reservation:
    """The order has failed before it was heard of here."""
    return Reservation(order_id, ReservationStatus.TOMBSTONE, reason=reason)


def released(reservation: Reservation, reason: str) -> tuple[Reservation, InventoryReleased]:
    """What was held is available again."""
    return (
        replace(reservation, status=ReservationStatus.RELEASED, reason=reason),
        InventoryReleased(order_id=reservation.order_id, items=reservation.lines, reason=reason),
    )


def release_failed(reservation: Reservation) -> tuple[Reservation, CompensationFailed]:
    """What is held could not be released, however often it was tried."""
    reason = StockRefusal.STOCK_UNAVAILABLE
    return replace(reservation, status=ReservationStatus.RELEASE_FAILED, reason=reason), CompensationFailed(
        order_id=reservation.order_id, compensation=Compensation.RELEASE, reason=reason
    )


def shipped(reservation: Reservation) -> Reservation:
    """What was held has left the warehouse."""
    return replace(reservation, status=ReservationStatus.SHIPPED)
