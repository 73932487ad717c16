"""Ranges: the part of a container that a request is about, by a physical partition or by hashes.

A client that wants the changes of one partition key, or a prefix of a hierarchical one, sends a range of hashes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from quartet_emulators.cosmos.errors import bad_request, unsupported
from quartet_emulators.cosmos.exchange import Call
from quartet_emulators.cosmos.partitions.hashes import effective_key
from quartet_emulators.cosmos.partitions.physical import END, START, PhysicalPartition
from quartet_emulators.cosmos.resources.container import Container
from quartet_emulators.cosmos.storage.item import Item


@dataclass(frozen=True, slots=True)
class KeyRange:
    """A range of hashes of a container's partition keys, from ``start`` to ``end``."""

    kind: str
    start: str
    end: str

    def holds(self, partition: str) -> bool:
        """Whether the key lies in the range; a range of one point holds that point."""
        key = effective_key(partition, self.kind)
        return self.start <= key < self.end or key == self.start == self.end

    def limit(self, items: Iterable[Item]) -> Iterator[Item]:
        """Those of the items whose key lies in the range."""
        return (item for item in items if self.holds(item.partition))


def key_range(container: Container, call: Call) -> KeyRange | None:
    """The range that a request is limited to, if it is: by a physical partition, by hashes, or by both.

    Raises:
        CosmosError: 400 if only one end is given, and for the first version of partition keys, which hash otherwise;
            410 if the physical partition was split.
    """
    start, end = call.headers.get("x-ms-start-epk"), call.headers.get("x-ms-end-epk")
    if (start is None) != (end is None):
        raise bad_request("x-ms-start-epk and x-ms-end-epk go together.")
    start, end = (START, END) if start is None or end is None else (start.upper(), end.upper())
    named = named_partition(container, call)
    if named is not None:
        start, end = max(start, named.start), min(end, named.end)
    if (start, end) == (START, END):
        return None
    if not container.partition_key.has_known_hashes:
        raise unsupported("ranges of partition keys in containers whose partition key has version 1")
    return KeyRange(container.partition_key.kind, start, end)


def named_partition(container: Container, call: Call) -> PhysicalPartition | None:
    """The physical partition that a request names, if it does.

    Raises:
        CosmosError: 410 with sub-status 1002 if it was split.
    """
    name = call.headers.get("x-ms-documentdb-partitionkeyrangeid")
    return None if name is None else container.partitions.named(name)


def session_headers(container: Container, call: Call) -> dict[str, str]:
    """The physical partitions that a request was about, with the number of the last change: the client's session.

    Raises:
        CosmosError: as `key_range`.
    """
    partitions = _touched(container, call)
    tokens = ",".join(f"{partition.id}:-1#{container.lsn}" for partition in partitions)
    return {"x-ms-session-token": tokens, "x-ms-documentdb-partitionkeyrangeid": partitions[0].id}


def _touched(container: Container, call: Call) -> tuple[PhysicalPartition, ...]:
    everything = container.partitions.all
    if len(everything) == 1:
        return everything
    header = call.headers.get("x-ms-documentdb-partitionkey")
    if header is not None:
        key = effective_key(container.partition_key.text_in_header(header), container.partition_key.kind)
        return container.partitions.overlapping(key, key)
    wanted = key_range(container, call)
    return everything if wanted is None else container.partitions.overlapping(wanted.start, wanted.end) or everything
