"""The shop of the demonstration: its actions on a running stack, and its readings."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from quartet import Participant
from quartet.adapters import stretched
from quartet.azure.cosmos.client import outages
from quartet.azure.event_hubs.client import HubPublisher
from quartet.cli.publish.outgoing import Outgoing
from quartet.cli.publish.sending import send
from quartet.cli.reading.connection import Cosmos, open_cosmos, open_producer
from quartet.cli.reading.counters import Counters, read_counters
from quartet.cli.reading.hubs import for_outside
from quartet.engine.declaration.participant import DEAD_LETTERS
from quartet.events import bucket_of
from quartet.local.stack import LocalStack
from quartet.terminal.files import read_entries
from quartet.terminal.user_error import UserError
from services.inventory.domain import ReservationStatus
from services.operations.participants import INVENTORY, SHIPPING
from services.operations.publish.orders import cancellation_event, read_events, wrap_events
from services.operations.publish.waiting import Outcome, wait_until_settled
from services.operations.samples import sample
from services.shipping.domain import ShipmentStatus

WAIT_SECONDS: Final = 45
"""How long anything may take, or orders may make no progress, before the demonstration gives up; stretched."""

_LOOK_EVERY_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Shop:
    """Publishes samples and watches their outcomes."""

    stack: LocalStack
    cosmos: Cosmos
    publisher: HubPublisher
    partitions: Sequence[str]

    def read_sample(self, name: str, *, is_valid: bool = True) -> list[Outgoing]:
        """The events of a sample file."""
        read = read_events if is_valid else wrap_events
        return read(read_entries(sample(name)), datetime.now(UTC))

    async def publish(self, events: Sequence[Outgoing]) -> list[str]:
        """Publish events and return the ids of their orders, each once."""
        await send(events, self.publisher, self.partitions)
        return list(dict.fromkeys(one.saga_id for one in events))

    async def cancel(self, order_ids: Collection[str]) -> None:
        """Ask for the cancellation of orders, as a customer would."""
        now = datetime.now(UTC)
        await self.publish([cancellation_event(order_id, "changed my mind", now) for order_id in order_ids])

    async def settled(self, order_ids: Collection[str]) -> dict[str, Outcome]:
        """The status of the orders once they have ended, or when none has moved for `WAIT_SECONDS`."""
        seconds = stretched(WAIT_SECONDS)
        return dict(await wait_until_settled(self.cosmos, order_ids, seconds=seconds, every=_LOOK_EVERY_SECONDS))

    async def until_stock_has_left(self, order_ids: Collection[str]) -> None:
        """Wait until inventory, the last to hear of it, knows that the orders were shipped."""
        await self._until_all(INVENTORY, order_ids, ReservationStatus.SHIPPED)

    async def until_never_shipped(self, order_ids: Collection[str]) -> None:
        """Wait until shipping has promised never to ship the orders."""
        await self._until_all(SHIPPING, order_ids, ShipmentStatus.CANCELLED)

    async def counters(self) -> Counters:
        """The requests to the emulators so far."""
        return await read_counters(self.stack.control_url)

    async def until_dead_letters(self, participants: Sequence[Participant[Any, Any]], order_id: str) -> list[str]:
        """Wait until each of these services has a dead letter of an order; returns the errors that they name."""
        found: list[list[str]] = []

        async def all_have_some() -> bool:
            found[:] = await asyncio.gather(*(self._dead_letters(one, order_id) for one in participants))
            return all(found)

        await self.until(f"{order_id} becomes a dead letter", all_have_some)
        return [detail for details in found for detail in details]

    async def until(self, what: str, check: Callable[[], Awaitable[bool]]) -> None:
        """Wait until `check` says yes.

        Raises:
            UserError: the time ends first; says that `what` did not happen.
        """
        loop, seconds = asyncio.get_running_loop(), stretched(WAIT_SECONDS)
        deadline = loop.time() + seconds
        while not await check():
            if loop.time() > deadline:
                raise UserError(f"{what}: did not happen within {seconds:g} s. See the logs above")
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    async def _until_all(self, participant: Participant[Any, Any], order_ids: Collection[str], status: str) -> None:
        async def all_are() -> bool:
            found = await asyncio.gather(*(self._status(participant, order_id) for order_id in order_ids))
            return all(one == status for one in found)

        await self.until(f"{participant.name} says {status} about {', '.join(order_ids)}", all_are)

    async def _dead_letters(self, participant: Participant[Any, Any], order_id: str) -> list[str]:
        rows = await self._query(
            participant,
            DEAD_LETTERS.name,
            "SELECT c.detail FROM c WHERE c.saga_id = @order",
            [{"name": "@order", "value": order_id}],
            bucket_of(order_id, self.cosmos.settings.buckets),
        )
        return [row["detail"] for row in rows]

    async def _status(self, participant: Participant[Any, Any], order_id: str) -> str | None:
        rows = await self._query(
            participant,
            participant.container,
            "SELECT c.status FROM c WHERE c.id = @order",
            [{"name": "@order", "value": order_id}],
            bucket_of(order_id, self.cosmos.settings.buckets),
        )
        return rows[0].get("status") if rows else None

    async def _query(
        self,
        participant: Participant[Any, Any],
        container: str,
        query: str,
        parameters: list[dict[str, object]],
        pk: str,
    ) -> list[dict[str, Any]]:
        rows = self.cosmos.container(participant, container).query_items(query, parameters=parameters, partition_key=pk)
        with outages():
            return [row async for row in rows]


@asynccontextmanager
async def open_shop(stack: LocalStack) -> AsyncIterator[Shop]:
    """The shop on a stack whose emulators run."""
    settings = stack.settings
    async with open_cosmos(settings) as cosmos, open_producer(for_outside(settings)) as (producer, partitions):
        yield Shop(stack, cosmos, HubPublisher(producer), partitions)
