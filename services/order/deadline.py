"""The deadline watch: asks for the cancellation of orders that have taken too long.

It changes no state and decides nothing: shipping does, as for any other request. It looks at what is stored, not at
timers in memory, so it does not matter which replica runs, or whether one was running when the deadline passed.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from azure.cosmos.aio import ContainerProxy

from quartet import OutageError
from quartet.adapters import ServiceContext
from quartet.azure.cosmos.client import outages
from quartet.engine.errors import one_line
from quartet.engine.records.record import Json
from quartet.events import Event, legacy_derived_id, new_event, service_source, to_json
from services.order.domain import CAN_TIME_OUT, Order, cancellation_for
from services.order.settings import OrderSettings
from shared.events import OrderCancellationRequested

# A request is said again if the order is still open this long after: shipping may have been away. The pauses double,
# because an order that waits for a person may wait for days.
SAY_AGAIN = timedelta(minutes=1)
SAY_AGAIN_AT_LEAST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Said:
    """When a request was said last, and how long to wait for an answer."""

    at: datetime
    pause: timedelta = SAY_AGAIN

    def again(self, now: datetime) -> "_Said":
        return _Said(now, min(2 * self.pause, SAY_AGAIN_AT_LEAST))


class DeadlineWatch:
    """Finds overdue orders and says `OrderCancellationRequested` for each, on the order's own partition."""

    def __init__(self, orders: ContainerProxy, context: ServiceContext) -> None:
        self._orders = orders
        self._context = context
        self._said: dict[str, _Said] = {}
        self._unreadable: set[str] = set()

    async def run(self) -> None:
        """Look forever, at the interval of the settings."""
        while True:
            await asyncio.sleep(self._context.own(OrderSettings).deadline_scan_seconds)
            try:
                await self.look()
            except OutageError as outage:
                self._context.log.warning("deadline watch interrupted", error=str(outage))
            except Exception:
                self._context.log.exception("deadline watch failed, looking again")

    async def look(self) -> None:
        """Look once.

        Raises:
            OutageError: the database or the hub did not answer; the next look makes up for it.
        """
        now = self._context.now()
        overdue = await self._overdue(now)
        late = {row["id"] for row in overdue}
        self._said = {order_id: said for order_id, said in self._said.items() if order_id in late}
        by_partition: dict[str, list[Json]] = {}
        for row in overdue:
            try:
                if row["partition"] in self._context.owned and self._is_due(row["id"], now):
                    by_partition.setdefault(row["partition"], []).append(to_json(_request(row, now)))
            except (KeyError, TypeError, ValueError) as error:
                self._report(row["id"], error)
        for partition, requests in by_partition.items():
            await self._context.publisher.publish(partition, requests)
            # Not before the hub has accepted them: the others are said again at the next look.
            for request in requests:
                said = self._said.get(request["subject"])
                self._said[request["subject"]] = said.again(now) if said else _Said(now)
            self._context.log.info("orders overdue", partition=partition, orders=[r["subject"] for r in requests])

    def _report(self, order_id: str, error: Exception) -> None:
        """Report, once, a document that another release wrote, or that was changed by hand."""
        if order_id not in self._unreadable:
            self._unreadable.add(order_id)
            self._context.log.error("deadline cannot be read", order=order_id, error=one_line(error))

    def _is_due(self, order_id: str, now: datetime) -> bool:
        said = self._said.get(order_id)
        return said is None or now - said.at >= said.pause

    async def _overdue(self, now: datetime) -> list[dict[str, Any]]:
        query = self._orders.query_items(
            'SELECT c.id, c["partition"], c.deadline FROM c '
            "WHERE ARRAY_CONTAINS(@open, c.status) AND c.deadline <= @now",
            parameters=[
                {"name": "@open", "value": sorted(CAN_TIME_OUT)},
                {"name": "@now", "value": now.isoformat().replace("+00:00", "Z")},
            ],
        )
        with outages():
            return [row async for row in query]


def _request(row: dict[str, Any], now: datetime) -> Event[OrderCancellationRequested]:
    data = cancellation_for(Order(row["id"], deadline=datetime.fromisoformat(row["deadline"])))
    # Derived, so that two replicas, or the same one again, say the same event.
    event_id = legacy_derived_id(data.order_id, data.type, "deadline")
    return new_event(data, source=service_source("order"), time=now, id=event_id)
