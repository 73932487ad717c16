"""Finding the orders that do not end, in the databases of the four services."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from quartet import Participant
from quartet.cli.dead_letters.dead_letters import find_letters
from quartet.cli.lag.lag import Standstill
from quartet.cli.reading.stored import Stored, Unparsed
from quartet.engine.records.record import Record
from services.operations.participants import INVENTORY, NAMES, ORDER, PAYMENT, SHIPPING
from services.operations.status.stuck import Letter, Stuck, reasons
from services.order.domain import CLOSED, Order

# An order without a status, or with one that this release does not know, is not closed.
_OPEN: Final = "NOT IS_DEFINED(c.status) OR NOT ARRAY_CONTAINS(@closed, c.status)"
_THESE: Final = "ARRAY_CONTAINS(@ids, c.id)"
_IDS_PER_QUERY: Final = 200

Letters: TypeAlias = dict[str, dict[str, list[Letter]]]
"""Open dead letters by order and service."""


@dataclass(frozen=True, slots=True)
class StuckReport:
    """The orders that do not end.

    Attributes:
        orders: the oldest deadline first.
        other_letters: how many open dead letters belong to no order.
        unparsed: documents that could not be read, so that their content is unknown.
    """

    orders: tuple[Stuck, ...]
    other_letters: int
    unparsed: tuple[Unparsed, ...]


async def stuck_orders(stored: Stored, now: datetime, grace: timedelta, standstill: Standstill) -> StuckReport:
    """The open orders that are late by more than `grace`, and all that something is known to hold up.

    Raises:
        MissingError: a database or container does not exist.
        OutageError: Cosmos DB did not answer.
    """
    letters, homeless = await _letters(stored)
    opened = {
        record.saga_id: record
        async for record in stored.records(ORDER, where=_OPEN, parameters={"closed": sorted(CLOSED)})
    }
    named = {*letters, *(one.head.subject for one in standstill.standing if one.head.subject)} - opened.keys()
    known = opened | {record.saga_id: record for record in await _these(stored, ORDER, named)}
    candidates = [_order(record, letters, now) for record in known.values()]
    candidates += [Stuck(order_id, letters=letters.get(order_id, {})) for order_id in sorted(named - known.keys())]
    suspects = [one for one in candidates if _is_suspect(one, now, grace, standstill)]
    found = await _with_others(stored, suspects)
    judged = (replace(order, because=reasons(order, now, grace, standstill)) for order in found)
    orders = sorted((order for order in judged if order.because), key=lambda one: (one.deadline or now, one.order_id))
    return StuckReport(tuple(orders), homeless, tuple(stored.unparsed))


async def _letters(stored: Stored) -> tuple[Letters, int]:
    """The open dead letters of orders, and how many there are that belong to none."""
    letters: Letters = {}
    homeless = 0
    for one in await find_letters(stored, NAMES):
        order_id = one.stored.letter.saga_id
        if order_id is None:
            homeless += 1
            continue
        of_order = letters.setdefault(order_id, {})
        of_order.setdefault(one.service, []).append(Letter(one.stored.id, one.stored.letter.reason))
    return letters, homeless


def _order(record: Record[Order], letters: Letters, now: datetime) -> Stuck:
    state = record.state
    known = Stuck(
        record.saga_id,
        letters=letters.get(record.saga_id, {}),
        partition=record.partition,
        behind=record.parked[0] if record.parked else "",
    )
    if state is None:
        return known
    return replace(
        known,
        status=state.status,
        facts=frozenset(state.facts),
        deadline=state.deadline,
        reason=state.reason,
        is_late=state.deadline is not None and state.deadline <= now,
    )


def _is_suspect(order: Stuck, now: datetime, grace: timedelta, standstill: Standstill) -> bool:
    """Whether it is worth asking the other services about the order."""
    in_a_standing_partition = any(one.partition == order.partition for one in standstill.standing)
    return bool(standstill.silent or in_a_standing_partition or reasons(order, now, grace, standstill))


async def _with_others(stored: Stored, orders: Sequence[Stuck]) -> list[Stuck]:
    """The orders with the records of the other services."""
    ids = [order.order_id for order in orders]
    reservations, payments, shipments = [
        {record.saga_id: record.state.status for record in await _these(stored, each, ids) if record.state}
        for each in (INVENTORY, PAYMENT, SHIPPING)
    ]
    return [
        replace(
            order,
            reservation=reservations.get(order.order_id),
            payment=payments.get(order.order_id),
            shipment=shipments.get(order.order_id),
        )
        for order in orders
    ]


async def _these(stored: Stored, participant: Participant[Any, Any], ids: Collection[str]) -> list[Record[Any]]:
    found: list[Record[Any]] = []
    for some in _chunks(sorted(ids)):
        found += [record async for record in stored.records(participant, where=_THESE, parameters={"ids": some})]
    return found


def _chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _IDS_PER_QUERY] for start in range(0, len(ids), _IDS_PER_QUERY))
