"""What inventory knows about an order, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import blake2b
from typing import Final

from quartet import Decided
from quartet.events import EventData
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


SAID: Final[Mapping[ReservationStatus, type[EventData]]] = {
    ReservationStatus.RESERVED: InventoryReserved,
    ReservationStatus.SHIPPED: InventoryReserved,
    ReservationStatus.REFUSED: InventoryReservationFailed,
    ReservationStatus.RELEASED: InventoryReleased,
    ReservationStatus.RELEASE_FAILED: CompensationFailed,
}
"""What inventory has said of an order that it has recorded with this status. A tombstone says nothing."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """One order, as inventory sees it.

    Attributes:
        order_id: Whose items they are.
        status: Where they are.
        lines: The lines of the order, one per product. Empty in a tombstone.
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


def claim_of(order_id: str, pieces: Mapping[str, int]) -> str:
    """The claim on these pieces: the order, as it was placed with these lines.

    The order id alone is not enough. A second `OrderCreated` with other lines under a known id is held before it is
    known that it does not count, and must be able to give back its own pieces without touching the others.
    """
    lines = "\n".join(f"{product} {quantity}" for product, quantity in sorted(pieces.items()))
    return f"{order_id}.{blake2b(lines.encode(), digest_size=4).hexdigest()}"


def order_of(claim: str) -> str:
    """Whose claim it is; an order id has no dot in it."""
    return claim.partition(".")[0]


def reserved(order: OrderCreated) -> Decided[Reservation]:
    """All items are held."""
    said = InventoryReserved(
        order_id=order.order_id,
        customer_id=order.customer_id,
        currency=order.currency,
        items=order.items,
        total=order.total,
        payment_method=order.payment_method,
        shipping_address=order.shipping_address,
    )
    return Decided(Reservation(order.order_id, ReservationStatus.RESERVED, merged(order.items)), (said,), "reserved")


def refused(order: OrderCreated, reason: str, shortages: tuple[Shortage, ...] = ()) -> Decided[Reservation]:
    """Nothing is held."""
    refusal = Reservation(order.order_id, ReservationStatus.REFUSED, merged(order.items), reason)
    said = InventoryReservationFailed(order_id=order.order_id, reason=reason, shortages=shortages)
    return Decided(refusal, (said,), "refused")


def reason_to_refuse(shortages: tuple[Shortage, ...]) -> StockRefusal:
    """Without a shortage, the refusal was left by a release that overtook the hold."""
    return StockRefusal.OUT_OF_STOCK if shortages else StockRefusal.CANCELLED


def tombstone(order_id: str, reason: str) -> Decided[Reservation]:
    """The order has failed before it was heard of here."""
    return Decided(Reservation(order_id, ReservationStatus.TOMBSTONE, reason=reason), note="tombstone")


def released(reservation: Reservation, reason: str) -> Decided[Reservation]:
    """The held pieces are available again."""
    said = InventoryReleased(order_id=reservation.order_id, items=reservation.lines, reason=reason)
    return Decided(replace(reservation, status=ReservationStatus.RELEASED, reason=reason), (said,), "released")


def release_failed(reservation: Reservation) -> Decided[Reservation]:
    """The held pieces could not be released in any attempt."""
    reason = StockRefusal.STOCK_UNAVAILABLE
    state = replace(reservation, status=ReservationStatus.RELEASE_FAILED, reason=reason)
    said = CompensationFailed(order_id=reservation.order_id, compensation=Compensation.RELEASE, reason=reason)
    return Decided(state, (said,), "release failed", owed=f"the release: {reason}")


def shipped(reservation: Reservation) -> Decided[Reservation]:
    """The held pieces have left the warehouse."""
    return Decided(replace(reservation, status=ReservationStatus.SHIPPED), note="shipped")
