"""Taking the snapshot out of Cosmos DB, with only the fields that are needed."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from azure.cosmos.aio import ContainerProxy

from quartet.audit.ledgers import Ledgers
from quartet.audit.snapshot import Allocation, Movement, OrderRow, Snapshot, Stock
from quartet.connection import Cosmos
from quartet.participants import INVENTORY, ORDER, PAYMENT, SHIPPING
from services.inventory.domain import ReservationStatus
from services.inventory.service import ITEMS
from services.order.domain import Fact, OrderStatus
from services.payment.domain import PaymentStatus
from services.payment.ledger import ChargeMade
from services.shipping.domain import ShipmentStatus
from shared.events import parse_time
from shared.runtime.cosmos import outages

_STATUS = "SELECT c.id, c.status FROM c WHERE IS_DEFINED(c.status)"
_ORDERS = "SELECT c.id, c.status, c.facts, c.total, c.currency, c.items, c.deadline FROM c WHERE IS_DEFINED(c.status)"
_STOCK = (
    "SELECT c.product_id, c.available_quantity, c.reserved_quantity, c.shipped_quantity, c.seeded_quantity FROM c "
    "WHERE IS_DEFINED(c.available_quantity)"
)
_ALLOCATIONS = "SELECT c.product_id, c.order_id, c.quantity, c.state FROM c WHERE IS_DEFINED(c.state)"


async def read_snapshot(cosmos: Cosmos, ledgers: Ledgers) -> Snapshot:
    """Read everything once.

    The order service is read first: what it says has ended, all others have had time to know when they are read.

    Raises:
        ConfigurationError: a ledger cannot be read as it should.
        OutageError: Cosmos DB, or the server of a ledger, did not answer.
    """
    snapshot = Snapshot(datetime.now(UTC))
    async for row in _rows(cosmos.container(ORDER), _ORDERS):
        snapshot.orders[row["id"]] = _order(row)
    async for row in _rows(cosmos.container(INVENTORY), _STATUS):
        snapshot.reservations[row["id"]] = ReservationStatus(row["status"])
    async for row in _rows(cosmos.container(PAYMENT), _STATUS):
        snapshot.payments[row["id"]] = PaymentStatus(row["status"])
    async for row in _rows(cosmos.container(SHIPPING), _STATUS):
        snapshot.shipments[row["id"]] = ShipmentStatus(row["status"])
    await _read_ledgers(ledgers, snapshot)
    await _read_items(cosmos, snapshot)
    return snapshot


async def _read_ledgers(ledgers: Ledgers, snapshot: Snapshot) -> None:
    """Note what really happened. A list that goes page by page may name something twice: it is one effect."""
    money = {(type(one), one.saga_id, one.id): one async for one in ledgers.gateway.effects()}
    for one in money.values():
        movements = snapshot.charges if isinstance(one, ChargeMade) else snapshot.refunds
        movements.append(Movement(one.saga_id, one.amount, one.currency))
    parcels = {(one.saga_id, one.id): one async for one in ledgers.carrier.effects()}
    snapshot.parcels += [one.saga_id for one in parcels.values()]


async def _read_items(cosmos: Cosmos, snapshot: Snapshot) -> None:
    items = cosmos.container(INVENTORY, ITEMS.name)
    async for row in _rows(items, _ALLOCATIONS):
        snapshot.allocations.append(Allocation(row["product_id"], row["order_id"], row["quantity"], row["state"]))
    async for row in _rows(items, _STOCK):
        counts = (row["available_quantity"], row["reserved_quantity"], row["shipped_quantity"])
        # Stock that somebody else has put there says nothing about where it began: then there is nothing to compare.
        snapshot.stock[row["product_id"]] = Stock(*counts, seeded=row.get("seeded_quantity", sum(counts)))


def _order(row: dict[str, Any]) -> OrderRow:
    deadline = row.get("deadline")
    return OrderRow(
        status=OrderStatus(row["status"]),
        placed=Fact.PLACED in row["facts"],
        total=Decimal(row.get("total") or 0),
        currency=row.get("currency") or "",
        pieces=sum(item["quantity"] for item in row["items"]),
        deadline=parse_time(deadline) if deadline else None,
    )


async def _rows(container: ContainerProxy, query: str) -> AsyncIterator[dict[str, Any]]:
    with outages():
        async for row in container.query_items(query):
            yield row
