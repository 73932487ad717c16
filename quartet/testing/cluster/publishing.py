"""Sending what a plan has from outside."""

import asyncio
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError
from azure.eventhub.exceptions import EventHubError

from quartet.testing.cluster.machine.process import Process
from quartet.testing.cluster.plan.faults import HUB
from quartet.testing.cluster.plan.publication import Publication
from quartet.testing.cluster.servers.hub import Outgoing

if TYPE_CHECKING:
    from quartet.testing.cluster.cluster import Cluster


def sender_of(publication: Publication, seed: int) -> Process:
    """The process that sends it."""
    return Process(f"{publication.publisher}-{publication.saga_id}", round(publication.at * 1000), seed=seed)


async def publish(cluster: "Cluster", sender: Process, publication: Publication) -> None:
    """Send it at its time, as often as it takes until the hub has accepted it."""
    await cluster.until(publication.at)
    hub = cluster.hubs[cluster.layout.label(cluster.layout.of_outside)]
    partition = hub.partition_of(publication.key)
    events = [Outgoing(publication.body, publication.content_type, publication.properties, publication)]
    while True:
        try:
            await cluster.network.request(
                sender, HUB, f"publish {publication.what}", lambda: hub.append(partition, events)
            )
        except (AzureError, EventHubError):
            await asyncio.sleep(1)
        else:
            cluster.trace(
                publication.publisher, f"{publication.what} of {publication.saga_id} to {hub.place(partition)}"
            )
            return
