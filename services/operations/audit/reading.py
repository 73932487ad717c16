"""Taking the snapshot from the services' databases."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from quartet import Participant
from quartet.cli.reading.stored import Stored, UnreadableError
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


async def read_snapshot(stored: Stored, ledgers: Ledgers) -> Snapshot:
    """Read everything once.

    The order service is read first: all others have had time to hear of the ends that it has recorded.

    Raises:
        MissingError: a database or container does not exist.
        ConfigurationError: a ledger cannot be read as it should.
        OutageError: Cosmos DB, or the server of a ledger, did not answer.
    """
    snapshot = Snapshot(datetime.now(UTC))
    snapshot.orders, unread = await _read_states(stored, ORDER, _order)
    snapshot.unread |= unread
    snapshot.reservations, unread = await _read_states(stored, INVENTORY, lambda reservation: reservation.status)
    snapshot.unread |= unread
    snapshot.payments, unread = await _read_states(stored, PAYMENT, lambda payment: payment.status)
    snapshot.unread |= unread
    snapshot.shipments, unread = await _read_states(stored, SHIPPING, lambda shipment: shipment.status)
    snapshot.unread |= unread
    await _read_ledgers(ledgers, snapshot)
    await _read_items(stored, snapshot)
    snapshot.unparsed = tuple(stored.unparsed)
    return snapshot


async def _read_states(
    stored: Stored, participant: Participant[Any, Any], row: Callable[[Any], V]
) -> tuple[dict[str, V], dict[str, frozenset[str]]]:
    """A service's records, by order; and under its name the orders whose record cannot be read."""
    before = len(stored.unparsed)
    # An order with dead letters only has no state.
    rows = {one.saga_id: row(one.state) async for one in stored.records(participant) if one.state is not None}
    return rows, {participant.name: frozenset(one.id for one in stored.unparsed[before:])}


async def _read_ledgers(ledgers: Ledgers, snapshot: Snapshot) -> None:
    """Note what really happened. A list that goes page by page may name something twice: it is one effect."""
    money = {(type(one), one.saga_id, one.id): one async for one in ledgers.gateway.effects()}
    for one in money.values():
        movements = snapshot.charges if isinstance(one, ChargeMade) else snapshot.refunds
        movements.append(Movement(one.saga_id, one.amount, one.currency))
    parcels = {(one.saga_id, one.id): one async for one in ledgers.carrier.effects()}
    snapshot.parcels += [one.saga_id for one in parcels.values()]


async def _read_items(stored: Stored, snapshot: Snapshot) -> None:
    async for item in stored.rows(INVENTORY, ITEMS.name, _item):
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
