"""A container's items in memory, for a simulation: as many as fit, no disk, no indexes."""

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.storage.index_keys import Definition
from quartet_emulators.cosmos.storage.item import Item

_change = attrgetter("lsn", "etag")


class MemoryItems:
    """What `DiskItems` are, without a disk."""

    indexes = None

    def __init__(self, items: Iterable[Item] = ()) -> None:
        """Hold these items, given in the order of their creation."""
        self._partitions: dict[str, dict[str, Item]] = {}
        self._by_number: dict[int, Item] = {}
        for item in items:
            self._put(item)

    def __len__(self) -> int:
        return len(self._by_number)

    def find(self, partition: str, item_id: str) -> Item | None:
        """The item with this key and id, expired or not."""
        items = self._partitions.get(partition)
        return items.get(item_id) if items else None

    def with_id(self, item_id: str) -> Iterator[Item]:
        """The items with this id, of any partition."""
        return (items[item_id] for items in self._partitions.values() if item_id in items)

    def at(self, number: int) -> Item | None:
        """The item with this number."""
        return self._by_number.get(number)

    def scan(self, partition: str | None = None, after: int = 0) -> Iterator[Item]:
        """The items in the order of creation, of one partition or all, from the number after `after`."""
        found = self._by_number if partition is None else self._partitions.get(partition, {})
        return (item for item in found.values() if item.number > after)

    def changes(self, after: int) -> Iterator[Item]:
        """The items in the order of their last change, from the change after `after`."""
        ordered = sorted(self._by_number.values(), key=_change)
        return (item for item in ordered if item.lsn > after)

    def with_values_of(self, document: Json, definition: Definition) -> Iterator[Item]:
        """All items: there are no indexes."""
        del document, definition
        return self.scan()

    def ended(self, now: float) -> list[Item]:
        """Those that have expired and are still held."""
        return [item for item in self._by_number.values() if item.has_expired(now)]

    def living(self, now: float, partition: str | None) -> int:
        """How many items have not expired, of one partition or all."""
        return sum(not item.has_expired(now) for item in self.scan(partition))

    def write(
        self, written: Sequence[Item], replaced: Sequence[Item], gone: Sequence[Item], *, lsn: int, number: int
    ) -> None:
        """Take over what a request has written; see `DiskItems.write`."""
        del lsn, number  # high-water marks are for the disk
        kept = {(item.place, item.id) for item in written}
        renamed = [item for item in replaced if (item.place, item.id) not in kept]
        for item in (*renamed, *gone):
            del self._partitions[item.partition][item.id]
        for item in gone:
            del self._by_number[item.number]
        for item in written:
            self._put(item)
        for partition in {item.partition for item in renamed}:
            in_order = sorted(self._partitions[partition].values(), key=attrgetter("place"))
            self._partitions[partition] = {item.id: item for item in in_order}

    def _put(self, item: Item) -> None:
        self._partitions.setdefault(item.partition, {})[item.id] = item
        self._by_number[item.number] = item
