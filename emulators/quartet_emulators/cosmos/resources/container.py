"""A container: its properties, and its living items wherever they are held."""

import copy
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from quartet_emulators.cosmos import identifiers
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.partitions.keys import PartitionKeyDefinition
from quartet_emulators.cosmos.partitions.physical import PhysicalPartitions
from quartet_emulators.cosmos.resources.indexing_policy import IndexingPolicy
from quartet_emulators.cosmos.resources.unique_keys import unique_keys
from quartet_emulators.cosmos.storage.disk_items import DiskItems
from quartet_emulators.cosmos.storage.item import Item
from quartet_emulators.cosmos.storage.memory_items import MemoryItems

Items = DiskItems | MemoryItems


class Container:
    """Items by partition and id, by number (creation order) and by log sequence number (order of change)."""

    def __init__(self, key: int, rid: bytes, database: str, properties: dict[str, Json], items: Items) -> None:
        self.key = key
        self.rid = rid
        self.rid_text = identifiers.to_text(rid)
        self.database = database
        self.name: str = properties["id"]
        self.path = quote(f"dbs/{database}/colls/{self.name}")
        self.link = f"dbs/{identifiers.to_text(rid[: identifiers.DATABASE_RID_BYTES])}/colls/{self.rid_text}/"
        self.items = items
        self.count = 0
        """How many items are held, those that have expired included."""
        self.lsn = 0
        self.swept_at = 0.0
        self.partitions = PhysicalPartitions()
        self.last_number = 0
        self.configure(properties)

    def configure(self, properties: dict[str, Json]) -> None:
        """Take over the properties that the service keeps for the container."""
        self.properties = properties
        self.partition_key = PartitionKeyDefinition(properties["partitionKey"])
        self.indexing = IndexingPolicy(properties.get("indexingPolicy") or {})
        self.unique_keys = unique_keys(properties)
        self.default_ttl: int | None = properties.get("defaultTtl")

    def keep_unique_keys(self) -> None:
        """Begin to hold new items against the unique keys; part of the transaction that creates the container.

        Raises:
            sqlite3.Error: it could not be written.
        """
        if self.items.indexes is not None:
            for definition in self.unique_keys:
                self.items.indexes.add(definition, is_empty=True)

    def load(self, items: DiskItems, lsn: int, number: int) -> None:
        """Take over what is on the disk, with the high-water marks there."""
        newest, change = items.last()
        self.items = items
        self.count = len(items)
        self.lsn = max(lsn, change)
        self.last_number = max(number, newest)

    def seen_through(self, items: Items) -> "Container":
        """The same container, as another connection sees its items; to read only."""
        view = copy.copy(self)
        view.items = items
        return view

    def ends(self, ts: int, ttl: int | None) -> int | None:
        """When an item expires that was written at `ts`: by its own or the container's time to live; -1 means never."""
        if self.default_ttl is None:
            return None
        seconds = self.default_ttl if ttl is None else ttl
        return ts + seconds if seconds >= 0 else None

    def find(self, partition: str, item_id: str, now: float) -> Item | None:
        """The living item with this key and id."""
        item = self.items.find(partition, item_id)
        return None if item is None or item.has_expired(now) else item

    def scan(self, now: float, partition: str | None = None, after: int = 0) -> Iterator[Item]:
        """The living items in the order of creation, of one partition or all, from the number after ``after``."""
        return living(self.items.scan(partition, after), now)

    def changes(self, after: int, now: float) -> Iterator[Item]:
        """The living items in the order of their last change, from the sequence number after ``after``."""
        return living(self.items.changes(after), now)

    def write(self, written: list[Item], replaced: list[Item], gone: list[Item], *, lsn: int, number: int) -> None:
        """Write what a request leaves: all or nothing; see `DiskItems.write`.

        Raises:
            sqlite3.Error: the disk refuses; nothing has changed then.
        """
        self.items.write(written, replaced, gone, lsn=lsn, number=number)
        self.count += len(written) - len(replaced) - len(gone)
        self.lsn = lsn
        self.last_number = number

    def remove_expired(self, now: float) -> int:
        """Delete the items that have expired; returns how many.

        Raises:
            sqlite3.Error: If the disk refuses; nothing has changed then.
        """
        gone = self.items.ended(now) if self.default_ttl is not None else []
        if gone:
            self.write([], [], gone, lsn=self.lsn, number=self.last_number)
        return len(gone)


def living(items: Iterable[Item], now: float) -> Iterator[Item]:
    """Those that have not expired."""
    return (item for item in items if item.ends is None or item.ends > now)
