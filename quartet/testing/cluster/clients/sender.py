"""What the SDK's `EventHubProducerClient` looks like to the runtime."""

from collections.abc import Iterable
from typing import cast

from azure.eventhub import EventData

from quartet.testing.cluster.machine.network import Network
from quartet.testing.cluster.machine.process import Process
from quartet.testing.cluster.plan.faults import HUB
from quartet.testing.cluster.servers.hub import Hub, Outgoing


class Batch:
    """A batch for one partition. It takes `room` events; a longer answer is split."""

    def __init__(self, partition: str, room: int) -> None:
        self.partition = partition
        self.events: list[Outgoing] = []
        self._room = room

    def add(self, data: EventData) -> None:
        """As in the SDK."""
        if len(self.events) == self._room:
            raise ValueError("the batch is full")
        self.events.append(Outgoing(b"".join(cast(Iterable[bytes], data.body)), data.content_type, {}))


class Sender:
    """Sends batches; each is one request."""

    def __init__(self, hub: Hub, network: Network, process: Process, room: int) -> None:
        self._hub = hub
        self._network = network
        self._process = process
        self._room = room
        self._producers: dict[str, None] = {}

    async def create_batch(self, *, partition_id: str | None = None, partition_key: str | None = None) -> Batch:
        """As in the SDK."""
        partition = partition_id if partition_id is not None else self._hub.partition_of(str(partition_key))
        return Batch(partition, self._room)

    async def send_batch(self, batch: Batch) -> None:
        """As in the SDK."""
        what = f"send {len(batch.events)} to {self._hub.place(batch.partition)}"
        await self._network.request(self._process, HUB, what, lambda: self._hub.append(batch.partition, batch.events))

    async def _start_producer(self, partition: str, _timeout: object) -> None:
        self._producers[partition] = None
