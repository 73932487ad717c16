"""A container's items on the disk. Nothing of them is kept in memory, so that it does not grow with what is stored."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any, Final, NamedTuple

from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.storage.index_keys import Definition, keys_in
from quartet_emulators.cosmos.storage.indexes import Index, Indexes
from quartet_emulators.cosmos.storage.item import Item, place, places
from quartet_emulators.disk import transaction

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS items (
    place INTEGER PRIMARY KEY, partition TEXT NOT NULL, id TEXT NOT NULL, lsn INTEGER NOT NULL, ts INTEGER NOT NULL,
    ttl INTEGER, ends INTEGER, etag TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS items_by_id ON items (id, partition);
CREATE INDEX IF NOT EXISTS items_by_partition ON items (partition);
CREATE INDEX IF NOT EXISTS items_by_change ON items (place >> 44, lsn, etag);
CREATE INDEX IF NOT EXISTS items_by_end ON items (ends) WHERE ends IS NOT NULL;
"""
_COLUMNS: Final = ", ".join(f"i.{name}" for name in Item._fields)
_WRITE: Final = f"INSERT OR REPLACE INTO items VALUES ({', '.join('?' for _ in Item._fields)})"  # noqa: S608 - the same for all
_CHANGE: Final = "UPDATE items SET lsn = ?, ts = ?, ttl = ?, ends = ?, etag = ?, body = ? WHERE place = ?"
"""Leaves alone what finds the item by its id and its partition key; to replace the row would write it again."""

_ALL: Final = f"SELECT {_COLUMNS} FROM items i"  # noqa: S608 - the names of our own columns
_HERE: Final = "i.place BETWEEN ? AND ?"


class Keys(NamedTuple):
    """A range of an index: from `low` on, below `high`; or the one key `low` if there is no `high`."""

    low: bytes
    high: bytes | None


class DiskItems:
    """The items of one container, as one connection sees them."""

    def __init__(self, db: sqlite3.Connection, container: int) -> None:
        self._db = db
        self._container = container
        self._places = places(container)
        self.indexes = Indexes(db, container)

    def __len__(self) -> int:
        found: int = self._db.execute(f"SELECT COUNT(*) FROM items i WHERE {_HERE}", self._places).fetchone()[0]  # noqa: S608 - no text of a client
        return found

    def last(self) -> tuple[int, int]:
        """The number of the newest item and of the last change that is still to be seen; 0 if there is none."""
        newest = self._db.execute(f"SELECT MAX(i.place) FROM items i WHERE {_HERE}", self._places).fetchone()[0]  # noqa: S608 - the same
        query = "SELECT MAX(lsn) FROM items WHERE place >> 44 = ?"
        change = self._db.execute(query, (self._container,)).fetchone()[0]
        return (newest or self._places[0]) - self._places[0], change or 0

    def find(self, partition: str, item_id: str) -> Item | None:
        """The item with this key and id, expired or not."""
        return self._one(f"{_ALL} WHERE i.id = ? AND i.partition = ? AND {_HERE}", (item_id, partition, *self._places))

    def with_id(self, item_id: str) -> Iterator[Item]:
        """The items with this id, of any partition."""
        return self._rows(f"{_ALL} WHERE i.id = ? AND {_HERE} ORDER BY i.place", (item_id, *self._places))

    def at(self, number: int) -> Item | None:
        """The item with this number."""
        return self._one(f"{_ALL} WHERE i.place = ?", (place(self._container, number),))

    def scan(self, partition: str | None = None, after: int = 0) -> Iterator[Item]:
        """The items in the order of creation, of one partition or all, from the number after `after`."""
        where = (place(self._container, after) + 1, self._places[1])
        if partition is None:
            return self._rows(f"{_ALL} WHERE {_HERE} ORDER BY i.place", where)
        return self._rows(f"{_ALL} WHERE i.partition = ? AND {_HERE} ORDER BY i.place", (partition, *where))

    def changes(self, after: int) -> Iterator[Item]:
        """The items in the order of their last change (in a batch, of its operations), from behind the one `after`."""
        return self._rows(
            f"{_ALL} WHERE i.place >> 44 = ? AND i.lsn > ? ORDER BY i.lsn, i.etag", (self._container, after)
        )

    def ended(self, now: float) -> list[Item]:
        """Those that have expired and are still held."""
        return list(self._rows(f"{_ALL} WHERE i.ends <= ? AND {_HERE}", (now, *self._places)))

    def keyed(self, index: Index, keys: Keys, after: int = 0) -> Iterator[Item]:
        """The items whose keys are in a range, in the order of creation, from the number after `after`."""
        values, limits = _within(keys)
        return self._rows(
            f"SELECT {_COLUMNS} FROM entries e JOIN items i ON i.place = e.place"  # noqa: S608 - no text of a client
            f" WHERE e.owner = ? AND {values} AND e.place > ? ORDER BY e.place",
            (index.key, *limits, place(self._container, after)),
        )

    def with_values_of(self, document: Json, definition: Definition) -> Iterator[Item]:
        """The items that an index of this definition finds for the values of a document, and few others."""
        index = self.indexes.whole(definition)
        keys = keys_in(document, definition)[0] if index is not None else ()
        return (item for key in keys if index is not None for item in self.keyed(index, Keys(key, None)))

    def in_order(
        self, index: Index, keys: Keys, *, backwards: bool, after: tuple[bytes, int] | None
    ) -> Iterator[tuple[bytes, Item]]:
        """The items whose keys are in a range, each with its key, in the order of keys and then of creation.

        Args:
            index: One that sorts.
            keys: The range.
            backwards: The other way round, the order of creation, too.
            after: The key and number to continue after.
        """
        values, limits = _within(keys)
        start: tuple[bytes | int, ...] = ()
        sign, way = ("<", " DESC") if backwards else (">", "")
        if after is not None:
            values += f" AND (e.value, e.place) {sign} (?, ?)"
            start = (after[0], place(self._container, after[1]))
        query = (
            f"SELECT e.value, {_COLUMNS} FROM entries e JOIN items i ON i.place = e.place"  # noqa: S608 - no text of a client
            f" WHERE e.owner = ? AND {values} ORDER BY e.value{way}, e.place{way}"
        )
        with closing(self._db.execute(query, (index.key, *limits, *start))) as rows:
            for key, *row in rows:
                yield key, Item._make(row)

    def count(self, index: Index, keys: Keys, most: int) -> int:
        """How many entries are in a range; no more than `most` are counted."""
        values, limits = _within(keys)
        inner = f"SELECT 1 FROM entries e WHERE e.owner = ? AND {values} LIMIT ?"  # noqa: S608 - no text of a client
        return self._counted(inner, (index.key, *limits, most))

    def count_in(self, partition: str, most: int) -> int:
        """How many items are in a partition; no more than `most` are counted."""
        inner = f"SELECT 1 FROM items i WHERE i.partition = ? AND {_HERE} LIMIT ?"  # noqa: S608 - the same
        return self._counted(inner, (partition, *self._places, most))

    def living(self, now: float, partition: str | None) -> int:
        """How many items have not expired, of one partition or all. SQLite counts them in an index."""
        if partition is None:
            values: tuple[Any, ...] = (self._container,)
            mine = "i.place >> 44 = ?"
        else:
            mine, values = f"i.partition = ? AND {_HERE}", (partition, *self._places)
        held = f"SELECT 1 FROM items i WHERE {mine}"  # noqa: S608 - no text of a client
        ended = f"SELECT 1 FROM items i INDEXED BY items_by_end WHERE i.ends <= ? AND {mine}"  # noqa: S608 - the same
        return self._counted(held, values) - self._counted(ended, (now, *values))

    def write(
        self, written: Sequence[Item], replaced: Sequence[Item], gone: Sequence[Item], *, lsn: int, number: int
    ) -> None:
        """Write what a request leaves: all or nothing.

        Args:
            written: New versions of items.
            replaced: The versions in whose places they are.
            gone: Items whose places become free.
            lsn: The number of this change.
            number: The highest number that an item has had.

        Raises:
            sqlite3.Error: the disk refuses; nothing has changed then.
        """
        ids = {item.place: item.id for item in replaced}
        new = [item for item in written if ids.get(item.place) != item.id]
        changed = [
            (item.lsn, item.ts, item.ttl, item.ends, item.etag, item.body, item.place)
            for item in written
            if ids.get(item.place) == item.id
        ]
        if len(written) == 1 and not gone and not self.indexes:
            self._db.execute(*((_WRITE, new[0]) if new else (_CHANGE, changed[0])))
            return
        with transaction(self._db) as db:
            if gone:
                db.executemany("DELETE FROM items WHERE place = ?", [(item.place,) for item in gone])
                # The high-water marks must not fall when the newest item is deleted.
                marks = (lsn, number, self._container)
                db.execute("UPDATE containers SET lsn = ?, number = ? WHERE key = ?", marks)
            if new:
                db.executemany(_WRITE, new)
            if changed:
                db.executemany(_CHANGE, changed)
            if self.indexes:
                self.indexes.update((*replaced, *gone), written)

    def set_ends(self, default_ttl: int | None) -> None:
        """Write for all items when they expire, after the container's time to live has changed.

        Raises:
            sqlite3.Error: the disk refuses; nothing has changed then.
        """
        ends = "CASE WHEN COALESCE(ttl, :default) < 0 THEN NULL ELSE ts + COALESCE(ttl, :default) END"
        self._db.execute(
            f"UPDATE items SET ends = {'NULL' if default_ttl is None else ends} WHERE place BETWEEN :first AND :last",  # noqa: S608 - no text of a client
            {"default": default_ttl, "first": self._places[0], "last": self._places[1]},
        )

    def _rows(self, query: str, values: Sequence[Any]) -> Iterator[Item]:
        with closing(self._db.execute(query, values)) as rows:
            yield from map(Item._make, rows)

    def _one(self, query: str, values: Sequence[Any]) -> Item | None:
        row = self._db.execute(query, values).fetchone()
        return None if row is None else Item._make(row)

    def _counted(self, inner: str, values: Sequence[Any]) -> int:
        found: int = self._db.execute(f"SELECT COUNT(*) FROM ({inner})", values).fetchone()[0]  # noqa: S608 - the same
        return found


def _within(keys: Keys) -> tuple[str, tuple[bytes, ...]]:
    if keys.high is None:
        return "e.value = ?", (keys.low,)
    return "e.value >= ? AND e.value < ?", (keys.low, keys.high)
