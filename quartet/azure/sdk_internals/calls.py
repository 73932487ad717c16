"""What the SDKs can do, and have no public call for."""

from collections.abc import Sequence
from typing import Any, Final

from azure.cosmos._base import _format_batch_operations
from azure.eventhub._pyamqp.error import AMQPLinkError
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient, PartitionContext
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore

RefusedLinkError: Final = AMQPLinkError
"""The hub refuses a link. The SDK wraps it in errors of its own, but not where `open_receiver` meets it."""


def container_of(store: BlobCheckpointStore) -> Any:
    """The client of the container in which a store keeps its checkpoints.

    The store can neither create its container nor list its blobs, and tells no time of a checkpoint. It brings a copy
    of the storage SDK; another storage package would be a second client of its kind.
    """
    return store._container_client


def namespace_of(client: EventHubConsumerClient | EventHubProducerClient) -> str:
    """The namespace under which the SDK keeps the checkpoints of this client's hub."""
    return str(client._address.hostname)


async def open_receiver(client: EventHubConsumerClient, group: str, partition: str) -> None:
    """Open a receiver once, and close it.

    The SDK's own loop takes a refused receiver for one that was closed and says nothing: a service whose group is
    missing would wait forever and log nothing.

    Raises:
        Exception: the hub refuses it or does not answer. The SDK's types for this are private, too.
    """

    async def nothing(_context: PartitionContext, _event: object) -> None:
        """Receive nothing: without credit no event arrives."""

    receiver = client._create_consumer(group, partition, "@latest", nothing)
    try:
        await receiver._open()
    finally:
        await receiver.close()


async def open_sender(client: EventHubProducerClient, partition: str) -> None:
    """Open the link to a partition before there is anything to send.

    The first send on a link takes half a second and more, for the SDK sleeps at every step of the handshake: one such
    pause per service would delay the first saga.

    Raises:
        EventHubError: the hub does not answer.
    """
    await client.create_batch(partition_id=partition)
    await client._start_producer(partition, None)
    producer = client._producers[partition]
    if producer is not None:
        await producer._open_with_retry()


def operations_of(batch: Sequence[Any]) -> list[dict[str, Any]]:
    """The operations of a transactional batch as they go over the wire. Takes the options out of the given tuples.

    What stands in for a container in memory must read what `execute_item_batch` is given as the SDK does.
    """
    operations: list[dict[str, Any]] = _format_batch_operations(batch)
    return operations
