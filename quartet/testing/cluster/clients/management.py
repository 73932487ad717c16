"""What the SDKs' clients say about the hub and its checkpoints: for the start, the watchdog and a recreated hub."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, TypeVar

from quartet.testing.cluster.machine.network import Network
from quartet.testing.cluster.machine.process import Process
from quartet.testing.cluster.plan.faults import ADMIN, BLOB, HUB
from quartet.testing.cluster.servers.blobs import Blobs
from quartet.testing.cluster.servers.hub import Hub

R = TypeVar("R")
Json = dict[str, Any]


class HubProperties:
    """The side of the SDK's `EventHubProducerClient` that asks and does not send."""

    _address = SimpleNamespace(hostname="memory")

    def __init__(self, hub: Hub, network: Network, process: Process) -> None:
        self.eventhub_name = hub.name
        self._hub = hub
        self._network = network
        self._process = process

    async def get_eventhub_properties(self) -> Json:
        """As in the SDK."""
        return await self._ask("hub properties", lambda: {"created_at": self._hub.created_at})

    async def get_partition_properties(self, partition: str) -> Json:
        """As in the SDK."""
        log = self._hub.partitions[partition]
        return await self._ask(f"properties {partition}", lambda: {"last_enqueued_sequence_number": len(log) - 1})

    async def _ask(self, what: str, apply: Callable[[], R]) -> R:
        return await self._network.request(self._process, HUB, what, apply, kind=ADMIN)


class CheckpointStore:
    """What the SDK's `BlobCheckpointStore` looks like to what resets checkpoints."""

    def __init__(self, hub: Hub, blobs: Blobs, network: Network, process: Process) -> None:
        self._hub = hub
        self._blobs = blobs
        self._network = network
        self._process = process

    async def list_checkpoints(self, _namespace: str, _hub: str, group: str) -> list[Json]:
        """As in the SDK."""

        def apply() -> list[Json]:
            return [
                {"partition_id": partition, "sequence_number": number, "consumer_group": group}
                for partition in self._hub.partitions
                if (number := self._blobs.checkpoints.get((group, self._hub.place(partition)))) is not None
            ]

        return await self._ask("list checkpoints", apply)

    async def update_checkpoint(self, checkpoint: Json) -> None:
        """As in the SDK."""
        group, partition, number = (checkpoint[name] for name in ("consumer_group", "partition_id", "sequence_number"))
        place = self._hub.place(partition)
        await self._ask(f"put checkpoint {place} to {number}", lambda: self._blobs.checkpoint(group, place, number))

    async def _ask(self, what: str, apply: Callable[[], R]) -> R:
        return await self._network.request(self._process, BLOB, what, apply, kind=ADMIN)
