"""Which partition a partition key belongs to: Bob Jenkins' lookup3 (``hashlittle2``), as Event Hubs uses it.

Producers that choose partitions themselves, such as the buffered producers of the Azure SDKs, compute the
same hash, so both sides agree.

Source: Bob Jenkins, "lookup3.c", May 2006, public domain.
"""

from functools import lru_cache

_MASK = 0xFFFFFFFF
_BLOCK = 12
_MIX_ROTATIONS = (4, 6, 8, 16, 19, 4)
_FINAL_ROTATIONS = (14, 11, 25, 16, 4, 14, 24)


@lru_cache(maxsize=4096)
def partition_of(key: str, partition_count: int) -> int:
    """The index of the partition for a key; an empty key goes to partition 0."""
    if not key:
        return 0
    primary, secondary = _lookup3(key.encode())
    folded = (primary ^ secondary) & 0xFFFF
    signed = folded - 0x10000 if folded & 0x8000 else folded
    return abs(signed % partition_count)


def _rotated(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (32 - bits))) & _MASK


def _lookup3(data: bytes) -> tuple[int, int]:
    """The two 32-bit hashes of ``hashlittle2`` with both seeds zero."""
    state = [(0xDEADBEEF + len(data)) & _MASK] * 3
    position = 0
    while len(data) - position > _BLOCK:
        _add(state, data[position : position + _BLOCK])
        _mix(state)
        position += _BLOCK
    if position == len(data):
        return state[2], state[1]
    _add(state, data[position:])
    _final(state)
    return state[2], state[1]


def _add(state: list[int], block: bytes) -> None:
    padded = block.ljust(_BLOCK, b"\0")
    for index in range(3):
        word = int.from_bytes(padded[4 * index : 4 * index + 4], "little")
        state[index] = (state[index] + word) & _MASK


def _mix(state: list[int]) -> None:
    """Each step takes one word from the word before it, rotates that in, and adds the third to it."""
    for step, bits in enumerate(_MIX_ROTATIONS):
        target, previous, following = step % 3, (step + 2) % 3, (step + 1) % 3
        state[target] = ((state[target] - state[previous]) & _MASK) ^ _rotated(state[previous], bits)
        state[previous] = (state[previous] + state[following]) & _MASK


def _final(state: list[int]) -> None:
    """Each step stirs the word before it into one word, beginning with the third."""
    for step, bits in enumerate(_FINAL_ROTATIONS):
        target, previous = (step + 2) % 3, (step + 1) % 3
        state[target] = ((state[target] ^ state[previous]) - _rotated(state[previous], bits)) & _MASK
