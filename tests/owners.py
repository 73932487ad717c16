"""Owners of partitions, as the replicas of running services leave them in the checkpoint store."""

from collections.abc import Collection
from contextlib import AsyncExitStack

from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs.client import consumer_client
from quartet.azure.settings import Settings
from quartet.process.startup import checkpoint_store

LASTING = "400"
"""For OWNERSHIP_EXPIRES_SECONDS: longer than any test takes, and well within an order's deadline."""


async def take_partitions(
    settings: Settings, services: Collection[str], partitions: Collection[str] = ("0", "1", "2", "3")
) -> None:
    """Let every service have an owner for each of these partitions, who does nothing."""
    async with AsyncExitStack() as stack:
        nobody = await stack.enter_async_context(Credentials())
        client = await stack.enter_async_context(consumer_client(settings, nobody, "owner", "console"))
        store = await stack.enter_async_context(checkpoint_store(settings, nobody, "owner"))
        taken = await store.claim_ownership(
            [
                {
                    # The SDK has no public name for the namespace under which it keeps its checkpoints.
                    "fully_qualified_namespace": client._address.hostname,  # noqa: SLF001 -- see above
                    "eventhub_name": settings.event_hub_name,
                    "consumer_group": service,
                    "partition_id": partition,
                    "owner_id": f"replica-of-{service}",
                }
                for service in services
                for partition in partitions
            ]
        )
        assert len(list(taken)) == len(services) * len(partitions)
