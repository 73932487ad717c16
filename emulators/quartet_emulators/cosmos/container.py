"""A container in memory: the working set that every read is answered from."""

from bisect import bisect_right
from collections.abc import Iterator
from operator import attrgetter
from typing import Final
from urllib.parse import quote

from quartet_emulators.cosmos import identifiers
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.partition_keys import PartitionKeyDefinition
from quartet_emulators.cosmos.storage import ItemRow, number_at, place
from quartet_emulators.cosmos.value_index import ValueIndex

_COMPACT_ABOVE: Final = 1024
_MOST_INDEXES: Final = 8
_lsn = attrgetter("lsn")


class Item:
    """One version of one item.

    The body is kept as the bytes that go over the wire: a read costs no encoding, a million items no million
    dictionaries. A version never changes; when another takes its place, ``current`` becomes false.
    """

    __slots__ = ("body", "current", "etag", "id", "lsn", "number", "partition", "ts", "ttl")

    def __init__(self, row: ItemRow) -> None:
        self.id = row.id
        self.partition = row.partition
        self.number = number_at(row.place)
        self.lsn = row.lsn
        self.ts = row.ts
        self.ttl = row.ttl
        self.etag = row.etag
        self.body = row.body
        self.current = True

    def row(self, container: int) -> ItemRow:
        """The item as it lies on disk."""
        where = place(container, self.number)
        return ItemRow(where, self.partition, self.id, self.lsn, self.ts, self.ttl, self.etag, self.body)


class Container:
    """Items by partition and id, by number (creation order) and by log sequence number (order of change)."""

    def __init__(self, key: int, rid: bytes, database: str, properties: dict[str, Json]) -> None:
        self.key = key
        self.rid = rid
        self.rid_text = identifiers.to_text(rid)
        self.database = database
        self.name: str = properties["id"]
        self.path = quote(f"dbs/{database}/colls/{self.name}")
        self.link = f"dbs/{identifiers.to_text(rid[: identifiers.DATABASE_RID_BYTES])}/colls/{self.rid_text}/"
        self.partitions: dict[str, dict[str, Item]] = {}
        self.by_number: dict[int, Item] = {}
        self.lsn = 0
        self.swept_at = 0.0
        self.last_number = 0
        self._log: list[Item] = []
        self._stale = 0
        self._indexes: dict[tuple[str, ...], ValueIndex] = {}
        self.configure(properties)

    def configure(self, properties: dict[str, Json]) -> None:
        """Take over the properties that the service keeps for the container."""
        self.properties = properties
        self.partition_key = PartitionKeyDefinition(properties["partitionKey"])
        self.default_ttl: int | None = properties.get("defaultTtl")

    def load(self, rows: Iterator[ItemRow], lsn: int, number: int) -> None:
        """Fill the empty container from disk."""
        items = [Item(row) for row in rows]
        for item in items:
            self.partitions.setdefault(item.partition, {})[item.id] = item
            self.by_number[item.number] = item
        self._log = sorted(items, key=_lsn)
        self.lsn = max(lsn, self._log[-1].lsn if self._log else 0)
        self.last_number = max(number, items[-1].number if items else 0)

    def is_expired(self, item: Item, now: float) -> bool:
        """Whether the item has outlived its own or the container's time to live; -1 means forever."""
        if self.default_ttl is None:
            return False
        ttl = self.default_ttl if item.ttl is None else item.ttl
        return ttl >= 0 and item.ts + ttl <= now

    def find(self, partition: str, item_id: str, now: float) -> Item | None:
        """The living item with this key and id."""
        items = self.partitions.get(partition)
        item = items.get(item_id) if items else None
        return None if item is None or self.is_expired(item, now) else item

    def scan(self, now: float, partition: str | None = None, after: int = 0) -> Iterator[Item]:
        """The living items in the order of creation, of one partition or all, from the number after ``after``."""
        found = self.by_number if partition is None else self.partitions.get(partition, {})
        for item in found.values():
            if item.number > after and not self.is_expired(item, now):
                yield item

    def changes(self, after: int, now: float) -> Iterator[Item]:
        """The living items in the order of their last change, from the sequence number after ``after``."""
        return (item for item in self.versions(after) if not self.is_expired(item, now))

    def versions(self, after: int) -> Iterator[Item]:
        """The same, with the items that have expired and are still held."""
        for position in range(bisect_right(self._log, after, key=_lsn), len(self._log)):
            item = self._log[position]
            if item.current:
                yield item

    def index(self, path: tuple[str, ...]) -> ValueIndex | None:
        """An index of the texts at a path; ``None`` if there are too many already: each costs memory."""
        if path not in self._indexes and len(self._indexes) < _MOST_INDEXES:
            self._indexes[path] = ValueIndex(self, path)
        return self._indexes.get(path)

    @property
    def log_length(self) -> int:
        """How many entries the log of changes has, those that were overtaken included."""
        return len(self._log)

    def expired(self, now: float) -> list[Item]:
        """The items that are still held though they have expired."""
        if self.default_ttl is None:
            return []
        return [item for item in self.by_number.values() if self.is_expired(item, now)]

    def put(self, item: Item, replaced: Item | None) -> None:
        """Take in a version that is on disk."""
        if replaced is not None:
            self._retire(replaced)
        self.partitions.setdefault(item.partition, {})[item.id] = item
        self.by_number[item.number] = item
        self._log.append(item)

    def sort(self, partition: str) -> None:
        """Restore the order of creation, after an item of this partition was put in with an old number."""
        items = self.partitions[partition]
        self.partitions[partition] = dict(sorted(items.items(), key=lambda entry: entry[1].number))
        self.by_number = dict(sorted(self.by_number.items()))

    def drop(self, item: Item) -> None:
        """Forget an item that was deleted from disk."""
        self._retire(item)
        items = self.partitions[item.partition]
        if items.get(item.id) is item:
            del items[item.id]
        if not items:
            del self.partitions[item.partition]
        if self.by_number.get(item.number) is item:
            del self.by_number[item.number]

    def _retire(self, item: Item) -> None:
        item.current = False
        self._stale += 1
        if self._stale > _COMPACT_ABOVE and self._stale * 2 > len(self._log):
            self._log = [entry for entry in self._log if entry.current]
            self._stale = 0
