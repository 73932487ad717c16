"""Effective partition keys: the hashes with which clients name a part of a container.

A client that wants the changes of one partition key, or a prefix of a hierarchical one, sends a range of hashes. They
are those of the service's published clients: MurmurHash3 (128 bits, seed 0) over a type byte and the value.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from quartet_emulators.cosmos.container import Container
from quartet_emulators.cosmos.errors import bad_request, unsupported
from quartet_emulators.cosmos.exchange import Call
from quartet_emulators.cosmos.item import Item
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.partition_keys import components
from quartet_emulators.cosmos.physical_partitions import END, START, PhysicalPartition

_MASK: Final = 0xFFFFFFFFFFFFFFFF
_C1: Final = 0x87C37B91114253D5
_C2: Final = 0x4CF5AD432745937F
_BLOCK: Final = 16


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


@lru_cache(maxsize=65536)
def effective_key(partition: str, kind: str) -> str:
    """The hash of a key text, in hexadecimal; for a hierarchical key one hash per level, one after the other."""
    encoded = [_encoded(value) for value in components(partition)]
    parts = encoded if kind == "MultiHash" else [b"".join(encoded)]
    return "".join(_hash_text(part) for part in parts)


def _encoded(value: Json) -> bytes:
    if isinstance(value, str):
        return b"\x08" + value.encode("utf-8", "surrogatepass") + b"\xff"
    if value is True or value is False:
        return b"\x03" if value else b"\x02"
    if value is None:
        return b"\x01"
    if isinstance(value, dict):
        return b"\x00"
    return b"\x05" + struct.pack("<d", float(value))


def _hash_text(data: bytes) -> str:
    low, high = murmur3_128(data)
    raw = bytearray((high << 64 | low).to_bytes(_BLOCK, "big"))
    raw[0] &= 0x3F  # the two highest bits are free, so that every hash is below "FF"
    return raw.hex().upper()


def murmur3_128(data: bytes) -> tuple[int, int]:
    """MurmurHash3 for 64-bit machines with 128 bits and seed 0 (public domain algorithm by Austin Appleby)."""
    h1 = h2 = 0
    whole = len(data) - len(data) % _BLOCK
    for at in range(0, whole, _BLOCK):
        k1, k2 = struct.unpack_from("<QQ", data, at)
        h1 ^= _mix(k1, _C1, 31, _C2)
        h1 = (_rotate(h1, 27) + h2) * 5 + 0x52DCE729 & _MASK
        h2 ^= _mix(k2, _C2, 33, _C1)
        h2 = (_rotate(h2, 31) + h1) * 5 + 0x38495AB5 & _MASK
    tail = data[whole:].ljust(_BLOCK, b"\0")
    k1, k2 = struct.unpack("<QQ", tail)
    h2 ^= _mix(k2, _C2, 33, _C1)
    h1 ^= _mix(k1, _C1, 31, _C2)
    h1 ^= len(data)
    h2 ^= len(data)
    h1 = h1 + h2 & _MASK
    h2 = h2 + h1 & _MASK
    h1, h2 = _finish(h1), _finish(h2)
    h1 = h1 + h2 & _MASK
    return h1, h2 + h1 & _MASK


def _mix(value: int, first: int, turn: int, second: int) -> int:
    return _rotate(value * first & _MASK, turn) * second & _MASK


def _rotate(value: int, by: int) -> int:
    return (value << by | value >> 64 - by) & _MASK


def _finish(value: int) -> int:
    value = (value ^ value >> 33) * 0xFF51AFD7ED558CCD & _MASK
    value = (value ^ value >> 33) * 0xC4CEB9FE1A85EC53 & _MASK
    return value ^ value >> 33
