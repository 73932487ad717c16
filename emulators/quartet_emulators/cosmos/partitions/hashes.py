"""Effective partition keys: the hashes by which a container's items are spread.

They are those of the service's published clients: MurmurHash3 (128 bits, seed 0) over a type byte and the value.
"""

import struct
from functools import lru_cache
from typing import Final

from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.partitions.keys import components

_MASK: Final = 0xFFFFFFFFFFFFFFFF
_C1: Final = 0x87C37B91114253D5
_C2: Final = 0x4CF5AD432745937F
_BLOCK: Final = 16


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
