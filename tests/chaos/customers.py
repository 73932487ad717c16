"""Those who place orders: they publish until the hub has accepted, whatever happens to it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs.client import HubPublisher, producer_client
from quartet.azure.settings import Settings
from quartet.cli.publish.outgoing import Outgoing, event_of
from quartet.cli.publish.sending import by_partition
from quartet.engine.errors import OutageError
from shared.events import OrderCreated
from tests.chaos.workload import Sending
from tests.hubs import SHOP_PARTITIONS

_AGENT = "customers"
_PAUSE = 0.3  # seconds before a send is tried again
_PORTION = 1_000
_TICK = 0.05


class Customers:
    """Publishes; a send that fails is repeated with the same events, as a careful client does it.

    Attributes:
        published: events that the hub has accepted.
        repeated: sends that had to be repeated: their events may be in the hub twice.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.published = 0
        self.repeated = 0

    async def send_all(self, sendings: Sequence[Sending]) -> None:
        """Publish everything when it is due."""
        loop = asyncio.get_running_loop()
        start, sent = loop.time(), 0
        async with Credentials() as credentials, producer_client(self._settings, credentials, _AGENT) as client:
            publisher = HubPublisher(client)
            while sent < len(sendings):
                now = loop.time() - start
                due = [one.event for one in sendings[sent : sent + _PORTION] if one.due <= now]
                if not due:
                    await asyncio.sleep(_TICK)
                    continue
                await self._send(publisher, due)
                sent += len(due)

    async def place(self, orders: Sequence[OrderCreated]) -> None:
        """Publish orders now."""
        now = datetime.now(UTC)
        await self.publish([event_of(order, now) for order in orders])

    async def publish(self, events: Sequence[Outgoing]) -> None:
        """Publish events now."""
        async with Credentials() as credentials, producer_client(self._settings, credentials, _AGENT) as client:
            await self._send(HubPublisher(client), events)

    async def _send(self, publisher: HubPublisher, events: Sequence[Outgoing]) -> None:
        # One partition after the other, each in the order of its events: a cancellation may come before its order, but
        # only if the customer has sent it before.
        for partition, group in by_partition(events, SHOP_PARTITIONS).items():
            while True:
                try:
                    await publisher.publish(partition, [one.event for one in group])
                    break
                except OutageError:
                    self.repeated += 1
                    await asyncio.sleep(_PAUSE)
            self.published += len(group)
