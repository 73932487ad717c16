"""Over how many physical partitions a container is spread: as many as its throughput needs, or as it was split into."""

from typing import Final

from quartet_emulators.cosmos.errors import unsupported
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.partitions.physical import PhysicalPartition, PhysicalPartitions
from quartet_emulators.cosmos.resources.container import Container
from quartet_emulators.cosmos.storage.sqlite_file import Storage

_THROUGHPUT_OF_ONE: Final = 10_000
"""Request units per second. Source: "Partitioning and horizontal scaling in Azure Cosmos DB"."""

_MOST: Final = 100
"""As many as 1,000,000 request units per second need, beyond which the service wants to be asked."""


def spread(storage: Storage, container: Container, content: Json, *, is_new: bool = False) -> None:
    """Give a container the ranges that a throughput needs, and write them; it is never given fewer than it has.

    Raises:
        sqlite3.Error: the disk refuses; nothing has changed then.
    """
    if not container.partition_key.has_known_hashes:
        return
    count = _needed(content)
    current = container.partitions
    grown = PhysicalPartitions.of_count(count) if is_new else current.grown_to(count)
    if grown != current:
        _keep(storage, container, grown)


def split(storage: Storage, container: Container, name: str | None) -> tuple[PhysicalPartition, PhysicalPartition]:
    """Split one range of a container in the middle, by default the widest; returns its halves.

    Raises:
        CosmosError: 410 if there is no such range, 400 if it cannot be split.
        sqlite3.Error: the disk refuses; nothing has changed then.
    """
    if not container.partition_key.has_known_hashes:
        raise unsupported("ranges of partition keys in containers whose partition key has version 1")
    partitions = container.partitions.split(container.partitions.widest.id if name is None else name)
    _keep(storage, container, partitions)
    first, second = (partition for partition in partitions.all if partition.since == partitions.version)
    return first, second


def _keep(storage: Storage, container: Container, partitions: PhysicalPartitions) -> None:
    storage.save_partitions(container.key, partitions.to_json())
    container.partitions = partitions


def _needed(content: Json) -> int:
    """One for each 10,000 request units per second begun, of what is provisioned or may be scaled up to."""
    offer = content if isinstance(content, dict) else {}
    autoscale = offer.get("offerAutopilotSettings")
    limits = [offer.get("offerThroughput"), autoscale.get("maxThroughput") if isinstance(autoscale, dict) else 0]
    most: int = max((limit for limit in limits if type(limit) is int), default=0)
    return max(1, min(_MOST, -(-most // _THROUGHPUT_OF_ONE)))
