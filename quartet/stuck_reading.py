"""Finding the orders that do not end, in what the four services have stored."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from azure.cosmos.exceptions import CosmosResourceNotFoundError
from rich.table import Table
from rich.text import Text

from quartet.connection import Cosmos
from quartet.dead_letters import NAMES, find_letters
from quartet.participants import INVENTORY, ORDER, PAYMENT, SHIPPING
from quartet.stuck import Letter, Stuck, is_stuck, owed_by
from services.inventory.domain import ReservationStatus
from services.order.domain import CLOSED, Fact, OrderStatus
from services.payment.domain import PaymentStatus
from services.shipping.domain import ShipmentStatus
from shared.events import format_time, parse_time
from shared.runtime.cosmos import outages
from shared.runtime.participant import Participant

# An order that could not be opened has no status and no deadline: only its dead letters tell of it.
_OPEN: Final = (
    "SELECT c.id, c.status, c.facts, c.deadline, c.reason FROM c "
    "WHERE (IS_DEFINED(c.status) AND NOT ARRAY_CONTAINS(@closed, c.status)) "
    "OR (NOT IS_DEFINED(c.status) AND IS_DEFINED(c.parked))"
)
_STATUS: Final = "SELECT c.id, c.status FROM c WHERE IS_DEFINED(c.status) AND ARRAY_CONTAINS(@ids, c.id)"
_IDS_PER_QUERY: Final = 200


async def stuck_orders(cosmos: Cosmos, now: datetime, grace: timedelta) -> list[Stuck]:
    """The orders that need a person, or are open for longer than `grace` past their deadline; the oldest first.

    Raises:
        OutageError: Cosmos DB did not answer.
    """
    closed = {"name": "@closed", "value": sorted(CLOSED)}
    rows = [row async for row in _rows(cosmos, ORDER, _OPEN, closed) if is_stuck(*_status_of(row), now, grace)]
    ids = [row["id"] for row in rows]
    statuses = {each.name: await _statuses(cosmos, each, ids) for each in (INVENTORY, PAYMENT, SHIPPING)}
    letters: dict[str, dict[str, list[Letter]]] = {}
    for one in await find_letters(cosmos, NAMES) if ids else []:
        of_order = letters.setdefault(one.stored.letter.order_id or "", {})
        of_order.setdefault(one.service, []).append(Letter(one.stored.id, one.stored.letter.reason))
    stuck = [_stuck(row, statuses, letters.get(row["id"], {})) for row in rows]
    return sorted(stuck, key=lambda order: (order.deadline or now, order.order_id))


def stuck_table(orders: Sequence[Stuck]) -> Table:
    """For people: one row per event that is owed."""
    table = Table(title="Orders that do not end", title_justify="left")
    for heading in ("order", "status", "deadline", "owed by", "event", "what is known"):
        table.add_column(heading, overflow="fold")
    for order in orders:
        status = f"{order.status or 'not opened'}" + (f" ({order.reason})" if order.reason else "")
        first = (order.order_id, status, format_time(order.deadline) if order.deadline else "")
        for owes in owed_by(order):
            letters = "".join(f"\ndead letter {letter.id} ({letter.reason})" for letter in owes.letters)
            events = " or ".join(event.type for event in owes.events)
            table.add_row(*(Text(cell) for cell in (*first, owes.service, events, owes.why + letters)))
            first = ("", "", "")
    return table


def _status_of(row: dict[str, Any]) -> tuple[OrderStatus | None, datetime | None]:
    status, deadline = row.get("status"), row.get("deadline")
    return OrderStatus(status) if status else None, parse_time(deadline) if deadline else None


def _stuck(row: dict[str, Any], statuses: dict[str, dict[str, str]], letters: dict[str, list[Letter]]) -> Stuck:
    order_id = row["id"]
    status, deadline = _status_of(row)
    reservation = statuses[INVENTORY.name].get(order_id)
    payment = statuses[PAYMENT.name].get(order_id)
    shipment = statuses[SHIPPING.name].get(order_id)
    return Stuck(
        order_id,
        status,
        frozenset(Fact(fact) for fact in row.get("facts") or ()),
        deadline,
        row.get("reason") or "",
        ReservationStatus(reservation) if reservation else None,
        PaymentStatus(payment) if payment else None,
        ShipmentStatus(shipment) if shipment else None,
        letters,
    )


async def _statuses(cosmos: Cosmos, participant: Participant[Any], ids: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for start in range(0, len(ids), _IDS_PER_QUERY):
        some = {"name": "@ids", "value": ids[start : start + _IDS_PER_QUERY]}
        found |= {row["id"]: row["status"] async for row in _rows(cosmos, participant, _STATUS, some)}
    return found


async def _rows(
    cosmos: Cosmos, participant: Participant[Any], query: str, parameter: Mapping[str, object]
) -> AsyncIterator[dict[str, Any]]:
    try:
        with outages():
            async for row in cosmos.container(participant).query_items(query, parameters=[dict(parameter)]):
                yield row
    except CosmosResourceNotFoundError:
        return  # the service has never run
