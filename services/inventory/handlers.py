"""What inventory does about what it hears."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeAlias

from quartet.engine.declaration.outcome import Decided, Ignored, Outcome, Rejected
from quartet.engine.errors import TransientError
from quartet.events import Event, EventData
from services.inventory import domain
from services.inventory.domain import Reservation, ReservationStatus
from services.inventory.stock import Held, Stock
from shared.events import (
    CompensationFailed,
    InventoryReleased,
    InventoryReservationFailed,
    InventoryReserved,
    Line,
    OrderCreated,
    OrderShipped,
    PaymentFailed,
    ShippingFailed,
    Shortage,
    StockRefusal,
    quantities,
)


async def reserve_stock(
    event: Event[OrderCreated], reservation: Reservation | None, stock: Stock
) -> Outcome[Reservation]:
    """Reserve all items of the order, or none."""
    order = event.data
    if reservation is None:
        answer = await stock.hold(*_claim(order.order_id, order.items))
        if isinstance(answer, Held):
            return _reserve(order)
        return _refuse(order, domain.reason_to_refuse(answer.shortages), answer.shortages)
    return await _reserve_again(order, reservation, stock)


async def _reserve_again(order: OrderCreated, reservation: Reservation, stock: Stock) -> Outcome[Reservation]:
    """The order is known: keep a tombstone's promise, and give back what another hold for it may have got."""
    claim = _claim(order.order_id, order.items)
    if reservation.status is ReservationStatus.TOMBSTONE:
        await stock.release(*claim)
        return _refuse(order, reservation.reason)
    if claim != _claim(order.order_id, reservation.lines):
        await stock.release(*claim)
    return Ignored("duplicate")


def _claim(order_id: str, lines: Iterable[Line]) -> tuple[str, dict[str, int]]:
    pieces = quantities(lines)
    return domain.claim_of(order_id, pieces), pieces


def _reserve(order: OrderCreated) -> Decided[Reservation]:
    state, said = domain.reserved(order)
    return Decided(state, (said,), "reserved")


def _refuse(order: OrderCreated, reason: str, shortages: tuple[Shortage, ...] = ()) -> Decided[Reservation]:
    state, said = domain.refused(order, reason, shortages)
    return Decided(state, (said,), "refused")


async def release_stock(
    event: Event[PaymentFailed] | Event[ShippingFailed], reservation: Reservation | None, stock: Stock
) -> Outcome[Reservation]:
    """Release what is held; where nothing is known of the order yet, remember never to hold anything."""
    if reservation is None:
        return Decided(domain.tombstone(event.data.order_id, event.data.reason), note="tombstone")
    if reservation.status is ReservationStatus.SHIPPED:
        return Rejected("already_shipped", f"{event.type} for an order whose items have left the warehouse")
    if not reservation.holds_stock:
        return Ignored("nothing held")
    await stock.release(*_claim(event.data.order_id, reservation.lines))
    state, said = domain.released(reservation, event.data.reason)
    return Decided(state, (said,), "released")


async def ship_stock(event: Event[OrderShipped], reservation: Reservation | None, stock: Stock) -> Outcome[Reservation]:
    """Let the reserved items leave the warehouse. Nobody waits for an answer."""
    if reservation is None:
        # Nothing ships that was not reserved: the reservation exists, and this reader is too early to see it.
        raise TransientError(f"the reservation of order {event.data.order_id} cannot be seen yet")
    if reservation.status is ReservationStatus.SHIPPED:
        return Ignored("duplicate")
    if reservation.status is not ReservationStatus.RESERVED:
        return Rejected("nothing_reserved", f"the order has shipped, but its items are {reservation.status}")
    await stock.ship(*_claim(event.data.order_id, reservation.lines))
    return Decided(domain.shipped(reservation), note="shipped")


async def give_up_reserving(
    event: Event[OrderCreated], reservation: Reservation | None, stock: Stock
) -> Outcome[Reservation]:
    """The stock did not answer: what is not known must be refused there before it may be called a failure."""
    order = event.data
    if reservation is not None:
        return await _reserve_again(order, reservation, stock)
    answer = await stock.refuse(*_claim(order.order_id, order.items))
    if isinstance(answer, Held):
        return _reserve(order)
    reason = StockRefusal.OUT_OF_STOCK if answer.shortages else StockRefusal.STOCK_UNAVAILABLE
    return _refuse(order, reason, answer.shortages)


async def give_up_releasing(
    event: Event[PaymentFailed] | Event[ShippingFailed], reservation: Reservation | None, stock: Stock
) -> Outcome[Reservation]:
    """The release is owed, and a person must see to it."""
    if reservation is None or not reservation.holds_stock:
        return await release_stock(event, reservation, stock)
    state, said = domain.release_failed(reservation)
    return Decided(state, (said,), "release failed", owed=f"the release: {said.reason}")


Handler: TypeAlias = Callable[[Event[Any], Reservation | None, Stock], Awaitable[Outcome[Reservation]]]

HANDLERS: Mapping[type[EventData], Handler] = {
    OrderCreated: reserve_stock,
    PaymentFailed: release_stock,
    ShippingFailed: release_stock,
    OrderShipped: ship_stock,
}

# A shipment that cannot be noted has nobody to tell: it becomes a dead letter, and the items stay reserved
# until it is redriven.
GIVE_UP: Mapping[type[EventData], Handler] = {
    OrderCreated: give_up_reserving,
    PaymentFailed: give_up_releasing,
    ShippingFailed: give_up_releasing,
}

OPENS: frozenset[type[EventData]] = frozenset({OrderCreated})

SAYS: frozenset[type[EventData]] = frozenset(
    {InventoryReserved, InventoryReservationFailed, InventoryReleased, CompensationFailed}
)
