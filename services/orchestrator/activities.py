"""The activities: each tells one participant what has happened, and returns what that says."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any, Final

from azure.cosmos.aio import CosmosClient

from quartet import Service
from quartet.adapters import ServiceContext
from quartet.azure.cosmos.client import cosmos_client
from quartet.azure.cosmos.keyed_batcher import KeyedBatcher
from quartet.azure.cosmos.port_record import record_ports
from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs.client import HubPublisher, check_hub, producer_client
from quartet.engine.ports import Publisher
from quartet.engine.records.record import Json
from quartet.events import partition_of
from quartet.process.port_opening import check_port, open_port
from quartet.process.startup import participant_database
from services.inventory.service import SERVICE as INVENTORY
from services.orchestrator.called import Called, Unkept, Unsaid
from services.orchestrator.saga import (
    CHARGE_PAYMENT,
    NEVER_SHIP,
    NOTE_FACTS,
    REFUND_PAYMENT,
    RELEASE_STOCK,
    RESERVE_STOCK,
    SHIP_ORDER,
    SHIP_STOCK,
)
from services.orchestrator.scheduler import Step
from services.order.service import SERVICE as ORDER
from services.payment.service import SERVICE as PAYMENT
from services.shipping.service import SERVICE as SHIPPING

SERVICES: Final[tuple[Service[Any, Any], ...]] = (ORDER, INVENTORY, PAYMENT, SHIPPING)
"""The services whose participants are called."""

WHO_IS_TOLD: Final[Mapping[str, str]] = {
    NOTE_FACTS: "order",
    RESERVE_STOCK: "inventory",
    RELEASE_STOCK: "inventory",
    SHIP_STOCK: "inventory",
    CHARGE_PAYMENT: "payment",
    REFUND_PAYMENT: "payment",
    SHIP_ORDER: "shipping",
    NEVER_SHIP: "shipping",
}


class Ends:
    """The `Publisher` of the order service: the end of each saga is said in the hub, where others may wait for it.

    What ends at the same time in one partition is one send.
    """

    def __init__(self, publisher: HubPublisher, partitions: Sequence[str]) -> None:
        self._publisher = publisher
        self._partitions = partitions
        self._sends: KeyedBatcher[str, Sequence[Json], None] = KeyedBatcher(self._send, most=1000)

    async def publish(self, partition: str, events: Sequence[Json]) -> None:  # noqa: ARG002 -- a call has none
        """See `Publisher.publish`; to the partition of the order."""
        if events:
            await self._sends.call(partition_of(events[0]["subject"], self._partitions), events)

    async def _send(self, partition: str, calls: Sequence[Sequence[Json]]) -> list[None]:
        await self._publisher.publish(partition, [event for events in calls for event in events])
        return [None] * len(calls)


@asynccontextmanager
async def open_participants(context: ServiceContext) -> AsyncIterator[dict[str, Called]]:
    """The four participants by name, on their own databases and ports.

    Raises:
        ConfigurationError: a server or a port refuses us.
        OutageError: one does not answer.
    """
    settings = context.settings
    async with AsyncExitStack() as stack:
        credentials = await stack.enter_async_context(Credentials(context.log))
        cosmos = await stack.enter_async_context(
            cosmos_client(settings, credentials, "quartet-orchestrator", context.reports.on_cosmos_response)
        )
        producer = await stack.enter_async_context(producer_client(settings, credentials, "quartet-orchestrator"))
        publisher, partitions = HubPublisher(producer), await check_hub(producer, settings)
        # Now, and not when the first saga of a partition ends: a link takes half a second and more.
        await asyncio.gather(*(publisher.open(partition) for partition in partitions))
        ends = Ends(publisher, partitions)
        yield {
            one.participant.name: await _open(stack, one, context, cosmos, ends if one is ORDER else Unsaid())
            for one in SERVICES
        }


async def _open(
    stack: AsyncExitStack, service: Service[Any, Any], context: ServiceContext, cosmos: CosmosClient, say: Publisher
) -> Called:
    participant = service.participant
    database = await participant_database(cosmos, participant, context.settings)
    own = replace(
        context,
        database=database,
        log=context.log.bind(service=participant.name),
        own_settings=service.load_own(),
    )
    adapter = service.adapter(service.port_names(os.environ))
    port = await open_port(stack, adapter, own)
    await check_port(adapter, port)
    if adapter.names:
        await record_ports(database, adapter.names, own.log)
    return Called(service.engine(own, port, Unkept(), publisher=say))


def steps(participants: Mapping[str, Called]) -> dict[str, Step]:
    """What each activity does, by its name."""
    return {activity: participants[name].tell for activity, name in WHO_IS_TOLD.items()}
