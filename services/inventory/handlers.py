"""The handlers of inventory."""

from collections.abc import Iterable

from quartet import Ignored, Outcome, Rejected, TransientError
from quartet.events import Event
from services.inventory import domain
from services.inventory.domain import Reservation, ReservationStatus
from services.inventory.stock import Held, Stock
from shared.events import Line, OrderCreated, OrderShipped, PaymentFailed, ShippingFailed, StockRefusal, quantities


async def reserve_stock(
    event: Event[OrderCreated], reservation: Reservation | None, stock: Stock
) -> Outcome[Reservation]:
    """Reserve all items of the order, or none."""
    order = event.data
    if reservation is None:
        answer = await stock.hold(*_claim(order.order_id, order.items))
        if isinstance(answer, Held):
            return domain.reserved(order)
        return domain.refused(order, domain.reason_to_refuse(answer.shortages), answer.shortages)
    return await _reserve_again(order, reservation, stock)


async def _reserve_again(order: OrderCreated, reservation: Reservation, stock: Stock) -> Outcome[Reservation]:
    """The order is known: keep a tombstone's promise, and give back what another hold for it may have got."""
    claim = _claim(order.order_id, order.items)
    if reservation.status is ReservationStatus.TOMBSTONE:
        await stock.release(*claim)
        return domain.refused(order, reservation.reason)
    if claim != _claim(order.order_id, reservation.lines):
        await stock.release(*claim)
    return Ignored("duplicate")


def _claim(order_id: str, lines: Iterable[Line]) -> tuple[str, dict[str, int]]:
    pieces = quantities(lines)
    return domain.claim_of(order_id, pieces), pieces


async def release_stock(
    event: Event[PaymentFailed | ShippingFailed], reservation: Reservation | None, stock: Stock
) -> Outcome[Reservation]:
    """Release the held pieces; if the order is not known yet, record a tombstone."""
    if reservation is None:
        return domain.tombstone(event.data.order_id, event.data.reason)
    if reservation.status is ReservationStatus.SHIPPED:
        return Rejected("already_shipped", f"{event.type} for an order whose items have left the warehouse")
    if not reservation.holds_stock:
        return Ignored("nothing held")
    await stock.release(*_claim(event.data.order_id, reservation.lines))
    return domain.released(reservation, event.data.reason)


async def ship_stock(event: Event[OrderShipped], reservation: Reservation | None, stock: Stock) -> Outcome[Reservation]:
    """Let the reserved items leave the warehouse. No service waits for an answer."""
    if reservation is None:
        # Nothing ships that was not reserved: the reservation exists, and this reader is too early to see it.
        raise TransientError(f"the reservation of order {event.data.order_id} cannot be seen yet")
    if reservation.status is ReservationStatus.SHIPPED:
        return Ignored("duplicate")
    if reservation.status is not ReservationStatus.RESERVED:
        return Rejected("nothing_reserved", f"the order has shipped, but its items are {reservation.status}")
    await stock.ship(*_claim(event.data.order_id, reservation.lines))
    return domain.shipped(reservation)


async def give_up_reserving(
    event: Event[OrderCreated], reservation: Reservation | None, stock: Stock
) -> Outcome[Reservation]:
    """The stock did not answer: refuse the hold there before it counts as a failure."""
    order = event.data
    if reservation is not None:
        return await _reserve_again(order, reservation, stock)
    answer = await stock.refuse(*_claim(order.order_id, order.items))
    if isinstance(answer, Held):
        return domain.reserved(order)
    reason = StockRefusal.OUT_OF_STOCK if answer.shortages else StockRefusal.STOCK_UNAVAILABLE
    return domain.refused(order, reason, answer.shortages)


async def give_up_releasing(
    event: Event[PaymentFailed | ShippingFailed], reservation: Reservation | None, stock: Stock
) -> Outcome[Reservation]:
    """The release is open, and a person must act."""
    if reservation is None or not reservation.holds_stock:
        return await release_stock(event, reservation, stock)
    return domain.release_failed(reservation)
