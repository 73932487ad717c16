"""Waiting until sagas have ended, by reading the order service's records."""

import asyncio
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from quartet.azure.cosmos.client import outages
from quartet.cli.reading.connection import Cosmos
from quartet.events import bucket_of
from services.operations.participants import ORDER
from services.order.domain import CLOSED, OrderStatus

# An order that needs attention does not end without a person: waiting longer does not help.
SETTLED: Final = CLOSED | {OrderStatus.NEEDS_ATTENTION}
_IDS_PER_QUERY: Final = 200
_STATUSES: Final = frozenset(OrderStatus)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The status of an order. `reason` is empty while all is well."""

    status: OrderStatus
    reason: str

    @property
    def is_settled(self) -> bool:
        """Whether it has ended, or will not end without a person."""
        return self.status in SETTLED


async def outcomes(cosmos: Cosmos, order_ids: Collection[str]) -> dict[str, Outcome]:
    """The status of each order; one that is unknown to the order service is missing.

    Raises:
        OutageError: Cosmos DB did not answer.
    """
    orders = cosmos.container(ORDER)
    found: dict[str, Outcome] = {}
    for bucket, ids in _by_bucket(order_ids, cosmos.settings.buckets).items():
        for start in range(0, len(ids), _IDS_PER_QUERY):
            query = orders.query_items(
                "SELECT c.id, c.status, c.reason FROM c WHERE ARRAY_CONTAINS(@ids, c.id) AND IS_DEFINED(c.status)",
                parameters=[{"name": "@ids", "value": ids[start : start + _IDS_PER_QUERY]}],
                partition_key=bucket,
            )
            with outages():
                async for row in query:
                    # Of what this release cannot read it is not known that it has ended: `quartet status` names it.
                    if row.get("status") in _STATUSES:
                        found[row["id"]] = Outcome(OrderStatus(row["status"]), str(row.get("reason", "")))
    return found


async def wait_until_settled(
    cosmos: Cosmos,
    order_ids: Collection[str],
    *,
    seconds: float,
    at_most: float = math.inf,
    every: float = 0.4,
    progress: Callable[[int], None] = lambda _: None,
) -> Mapping[str, Outcome]:
    """The status of each order once all are settled, or when a longer wait seems useless.

    Args:
        cosmos: where to look.
        order_ids: the orders.
        seconds: ends the wait when no order has moved for this time. Each moves a few times only, so this ends.
        at_most: ends the wait after this many seconds, also while orders move.
        every: seconds between two looks.
        progress: called with the number of orders that have settled since the last call.

    Raises:
        OutageError: Cosmos DB did not answer.
    """
    now = asyncio.get_running_loop().time
    start = moved = now()
    known: dict[str, Outcome] = {}
    waiting = set(order_ids)
    while waiting:
        found = await outcomes(cosmos, waiting)
        if any(known.get(order_id) != outcome for order_id, outcome in found.items()):
            moved = now()
        known |= found
        settled = {order_id for order_id in waiting if order_id in known and known[order_id].is_settled}
        waiting -= settled
        progress(len(settled))
        if not waiting or now() > min(moved + seconds, start + at_most):
            break
        await asyncio.sleep(every)
    return known


def _by_bucket(order_ids: Collection[str], buckets: int) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for order_id in sorted(order_ids):
        groups.setdefault(bucket_of(order_id, buckets), []).append(order_id)
    return groups
