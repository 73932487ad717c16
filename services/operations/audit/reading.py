"""Taking the snapshot from the services' databases."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from quartet import Participant
from quartet.cli.reading.stored import Stored, UnreadableError, among
from quartet.engine.records.record import Json
from services.inventory.cosmos_stock import HELD, REFUSED, RELEASED, SHIPPED
from services.inventory.service import ITEMS
from services.operations.audit.ledgers import Ledgers
from services.operations.audit.snapshot import Allocation, Movement, OrderLine, OrderRow, Snapshot, Stock
from services.operations.participants import INVENTORY, ORDER, PAYMENT, SHIPPING
from services.operations.seed.seeding import RESTOCK_NOTE
from services.order.domain import Fact, Order
from services.payment.ledger import ChargeMade

_STATES = frozenset({HELD, REFUSED, RELEASED, SHIPPED})

V = TypeVar("V")


async def read_snapshot(stored: Stored, ledgers: Ledgers, order_ids: Collection[str] | None = None) -> Snapshot:
    """Read everything once; with `order_ids`, all that there is of these orders, in one query for each container.

    The order service is read first: all others have had time to hear of the ends that it has recorded.

    Raises:
        MissingError: a database or container does not exist.
        ConfigurationError: a ledger cannot be read as it should.
        OutageError: Cosmos DB, or the server of a ledger, did not answer.
    """
    snapshot, only = Snapshot(datetime.now(UTC)), among(order_ids)
    snapshot.orders, unread = await _read_states(stored, ORDER, _order, only)
    snapshot.unread |= unread
    snapshot.reservations, unread = await _read_states(stored, INVENTORY, lambda reservation: reservation.status, only)
    snapshot.unread |= unread
    snapshot.payments, unread = await _read_states(stored, PAYMENT, lambda payment: payment.status, only)
    snapshot.unread |= unread
    snapshot.shipments, unread = await _read_states(stored, SHIPPING, lambda shipment: shipment.status, only)
    snapshot.unread |= unread
    if order_ids is None or not ledgers.why_no_look_up:
        await _read_ledgers(ledgers, snapshot, order_ids)
    await _read_items(stored, snapshot, among(order_ids, "order_id"))
    snapshot.unparsed = tuple(stored.unparsed)
    return snapshot


async def _read_states(
    stored: Stored, participant: Participant[Any, Any], row: Callable[[Any], V], only: Mapping[str, Any]
) -> tuple[dict[str, V], dict[str, frozenset[str]]]:
    """A service's records, by order; and under its name the orders whose record cannot be read."""
    before = len(stored.unparsed)
    # An order with dead letters only has no state.
    rows = {one.saga_id: row(one.state) async for one in stored.records(participant, **only) if one.state is not None}
    return rows, {participant.name: frozenset(one.id for one in stored.unparsed[before:])}


async def _read_ledgers(ledgers: Ledgers, snapshot: Snapshot, order_ids: Collection[str] | None) -> None:
    """Note what really happened. A list that goes page by page may name something twice: it is one effect."""
    gateway, carrier = ledgers.gateway, ledgers.carrier
    moved = gateway.effects() if order_ids is None else gateway.effects_of(order_ids)
    money = {(type(one), one.saga_id, one.id): one async for one in moved}
    for one in money.values():
        movements = snapshot.charges if isinstance(one, ChargeMade) else snapshot.refunds
        movements.append(Movement(one.saga_id, one.amount, one.currency))
    booked = carrier.effects() if order_ids is None else carrier.effects_of(order_ids)
    parcels = {(one.saga_id, one.id): one async for one in booked}
    snapshot.parcels += [one.saga_id for one in parcels.values()]


async def _read_items(stored: Stored, snapshot: Snapshot, only: Mapping[str, Any]) -> None:
    async for item in stored.rows(INVENTORY, ITEMS.name, _item, **only):
        if isinstance(item, Allocation):
            snapshot.allocations.append(item)
        elif item is not None:
            product_id, stock = item
            snapshot.stock[product_id] = stock


def _item(document: Json) -> Allocation | tuple[str, Stock] | None:
    """An allocation, or a product and its stock; nothing for the note of a delivery."""
    if document["id"] == document["product_id"]:
        return document["product_id"], _stock(document)
    if str(document["id"]).startswith(RESTOCK_NOTE):
        return None
    if document["state"] not in _STATES:
        raise UnreadableError(f"state: {document['state']} is not known to this release")
    return Allocation(document["product_id"], document["order_id"], _count(document, "quantity"), document["state"])


def _stock(document: Json) -> Stock:
    names = ("available_quantity", "reserved_quantity", "shipped_quantity")
    available, reserved, shipped = (_count(document, name) for name in names)
    # Stock that another program has put there says nothing about where it began: then there is nothing to compare.
    seeded = _count(document, "seeded_quantity") if "seeded_quantity" in document else available + reserved + shipped
    return Stock(available, reserved, shipped, seeded)


def _count(document: Json, name: str) -> int:
    value = document[name]
    if not isinstance(value, int) or isinstance(value, bool):
        raise UnreadableError(f"{name}: {value!r} is not a whole number")
    return value


def _order(order: Order) -> OrderRow:
    return OrderRow(
        status=order.status,
        placed=Fact.PLACED in order.facts,
        total=order.total,
        currency=order.currency or "",
        lines=tuple(OrderLine(item.product_id, item.quantity, item.unit_price) for item in order.items),
        deadline=order.deadline,
    )
