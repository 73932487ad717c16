"""Physical partitions: the ranges of hashes over which a container's items are spread.

Clients call them partition key ranges. A split ends a range and begins two others; they are never merged.
"""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, NamedTuple

from quartet_emulators.cosmos.errors import PARTITION_KEY_RANGE_GONE, CosmosError, bad_request

START: Final = ""
END: Final = "FF"
_DIGITS: Final = 32
_HASHES: Final = 1 << 126
"""A hash has 128 bits, of which the two highest are 0. Of a hierarchical key, its first level decides."""


class PhysicalPartition(NamedTuple):
    """One range of hashes.

    Attributes:
        id: its id, which no other range of the container has had.
        start: the first hash.
        end: the first hash behind it.
        parents: the ids of the ranges that it came from, oldest first.
        since: the version of the container's ranges with which it began.
    """

    id: str
    start: str
    end: str
    parents: tuple[str, ...] = ()
    since: int = 1

    @property
    def width(self) -> int:
        """How many hashes are in it."""
        return _number(self.end) - _number(self.start)


@dataclass(frozen=True, slots=True)
class PhysicalPartitions:
    """The ranges of a container, in order and without gaps. They never change: a split gives others."""

    all: tuple[PhysicalPartition, ...] = (PhysicalPartition("0", START, END),)

    @classmethod
    def of_count(cls, count: int) -> "PhysicalPartitions":
        """Ranges of equal width."""
        between = [_text(_HASHES * number // count) for number in range(1, count)]
        starts, ends = [START, *between], [*between, END]
        return cls(
            tuple(PhysicalPartition(str(at), *limits) for at, limits in enumerate(zip(starts, ends, strict=True)))
        )

    @classmethod
    def from_json(cls, text: bytes) -> "PhysicalPartitions":
        """What :meth:`to_json` has written."""
        rows = json.loads(text)
        return cls(tuple(PhysicalPartition(name, start, end, tuple(old), at) for name, start, end, old, at in rows))

    def to_json(self) -> bytes:
        """All of them, to be kept."""
        return json.dumps(self.all).encode()

    @property
    def version(self) -> int:
        """Grows with every split."""
        return max(partition.since for partition in self.all)

    @property
    def etag(self) -> str:
        """The version as clients know it."""
        return f'"{self.version}"'

    def after(self, etag: str | None) -> tuple[PhysicalPartition, ...]:
        """Those that are new to a client which has read up to this ETag; all, if it is none of these."""
        number = (etag or "").strip('"')
        known = int(number) if number.isascii() and number.isdigit() and len(number) < _DIGITS else 0
        return tuple(partition for partition in self.all if partition.since > known or known > self.version)

    def named(self, name: str) -> PhysicalPartition:
        """The range with this id.

        Raises:
            CosmosError: 410 with sub-status 1002 if there is none, or none any longer.
        """
        for partition in self.all:
            if partition.id == name:
                return partition
        message = f"The partition key range {name!r} is gone: it was split. Read the ranges again."
        raise CosmosError(HTTPStatus.GONE, message, substatus=PARTITION_KEY_RANGE_GONE)

    def overlapping(self, start: str, end: str) -> tuple[PhysicalPartition, ...]:
        """The ranges with hashes from `start` to before `end`, or with the one hash that both are."""
        return tuple(
            partition
            for partition in self.all
            if partition.start <= start < partition.end or start < partition.start < end
        )

    @property
    def widest(self) -> PhysicalPartition:
        """The range with the most hashes; of several, the first one."""
        return max(self.all, key=lambda partition: partition.width)

    def split(self, name: str) -> "PhysicalPartitions":
        """Two halves instead of the range with this id.

        Raises:
            CosmosError: 410 with sub-status 1002 if there is none; 400 if it is too narrow.
        """
        parent = self.named(name)
        middle = _text((_number(parent.start) + _number(parent.end)) // 2)
        if middle in {parent.start or _text(0), parent.end}:
            raise bad_request(f"The partition key range {name!r} cannot be split: it is as narrow as it can be.")
        first = max(int(partition.id) for partition in self.all) + 1
        parents, since = (*parent.parents, parent.id), self.version + 1
        halves = (
            PhysicalPartition(str(first), parent.start, middle, parents, since),
            PhysicalPartition(str(first + 1), middle, parent.end, parents, since),
        )
        at = self.all.index(parent)
        return PhysicalPartitions((*self.all[:at], *halves, *self.all[at + 1 :]))

    def grown_to(self, count: int) -> "PhysicalPartitions":
        """At least this many ranges: the widest ones are split until there are."""
        grown = self
        while len(grown.all) < count:
            grown = grown.split(grown.widest.id)
        return grown


def _text(number: int) -> str:
    return f"{number:0{_DIGITS}X}"


def _number(text: str) -> int:
    if text == END:
        return _HASHES
    return int(text, 16) if text else 0
