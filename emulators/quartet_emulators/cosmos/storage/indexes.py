"""The indexes of a container's values: tables of keys, made when a query first asks for one and kept with every write.

The indexing policy says what may be indexed; nothing is indexed that no query has asked for, since each index costs
every write. An index over many items is built in steps, between requests, and used when it is whole.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from quartet_emulators.cosmos.json_text import Json, decode_stored
from quartet_emulators.cosmos.storage.index_keys import Definition, Part, has_same_values, keys_in
from quartet_emulators.cosmos.storage.item import Item, places
from quartet_emulators.disk import transaction

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS indexes (
    key INTEGER PRIMARY KEY AUTOINCREMENT, container INTEGER NOT NULL, parts TEXT NOT NULL,
    built INTEGER NOT NULL, sorts INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS entries (
    owner INTEGER NOT NULL, value BLOB NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (owner, value, place)
    ) WITHOUT ROWID;
"""
_WHOLE: Final = (1 << 62) + 1
_STEP: Final = 1000
_MOST: Final = 16
_ADD: Final = "INSERT OR IGNORE INTO entries VALUES (?, ?, ?)"
_REMOVE: Final = "DELETE FROM entries WHERE owner = ? AND value = ? AND place = ?"


class Index:
    """One index.

    Attributes:
        key: what its entries are found by.
        definition: what it holds.
        built: the place up to which it holds the items.
        sorts: whether its order is that of the values; not if it holds texts too long for a key.
    """

    def __init__(self, key: int, definition: Definition, built: int, *, sorts: bool) -> None:
        self.key = key
        self.definition = definition
        self.built = built
        self.sorts = sorts

    @property
    def is_whole(self) -> bool:
        """Whether it holds every item, so that a query may use it."""
        return self.built == _WHOLE


class Indexes:
    """Those of one container, as one connection sees them."""

    def __init__(self, db: sqlite3.Connection, container: int) -> None:
        self._db = db
        self._container = container
        rows = db.execute("SELECT key, parts, built, sorts FROM indexes WHERE container = ?", (container,))
        self._known = {
            definition: Index(key, definition, built, sorts=bool(sorts))
            for key, definition, built, sorts in (
                (key, _read(parts), built, sorts) for key, parts, built, sorts in rows
            )
        }

    def __len__(self) -> int:
        return len(self._known)

    def whole(self, definition: Definition) -> Index | None:
        """The index that holds this, if there is one that a query may use."""
        index = self._known.get(definition)
        return index if index is not None and index.is_whole else None

    def want(self, definition: Definition) -> None:
        """Begin to keep an index, unless there is one, or there are too many. A small container has it immediately.

        Raises:
            sqlite3.Error: it could not be written.
        """
        if definition not in self._known and len(self._known) < _MOST:
            self.add(definition)
            self.build()

    def add(self, definition: Definition, *, is_empty: bool = False) -> None:
        """Keep an index from now on. :meth:`build` makes it whole; that of an empty container is.

        Raises:
            sqlite3.Error: it could not be written.
        """
        built = _WHOLE if is_empty else 0
        cursor = self._db.execute(
            "INSERT INTO indexes (container, parts, built, sorts) VALUES (?, ?, ?, 1)",
            (self._container, json.dumps(definition), built),
        )
        assert cursor.lastrowid is not None  # noqa: S101 - an INSERT always sets it
        self._known[definition] = Index(cursor.lastrowid, definition, built, sorts=True)

    def build(self) -> bool:
        """Take the next items into the indexes that are not whole yet; returns whether some are still not.

        Raises:
            sqlite3.Error: it could not be written; the step is to be repeated.
        """
        for index in self._unfinished():
            self._build(index)
        return any(True for _ in self._unfinished())

    def keep_only(self, wanted: Iterable[Definition]) -> None:
        """Drop the indexes that are not among these.

        Raises:
            sqlite3.Error: it could not be written; nothing has changed then.
        """
        kept = set(wanted)
        gone = [index for definition, index in self._known.items() if definition not in kept]
        if not gone:
            return
        with transaction(self._db) as db:
            db.executemany("DELETE FROM entries WHERE owner = ?", [(index.key,) for index in gone])
            db.executemany("DELETE FROM indexes WHERE key = ?", [(index.key,) for index in gone])
        for index in gone:
            del self._known[index.definition]

    def definitions(self) -> list[Definition]:
        """What is indexed, or will be."""
        return list(self._known)

    def update(self, before: Iterable[Item], after: Iterable[Item]) -> None:
        """Replace the entries of items; part of the caller's transaction.

        Raises:
            sqlite3.Error: it could not be written.
        """
        old = {item.place: decode_stored(item.body) for item in before}
        new = {item.place: decode_stored(item.body) for item in after}
        removed: list[tuple[int, bytes, int]] = []
        added: list[tuple[int, bytes, int]] = []
        for index in self._known.values():
            all_exact = True
            for where in old.keys() | new.keys():
                if where > index.built:
                    continue
                was, now, exact = _change(old.get(where), new.get(where), index.definition)
                all_exact = all_exact and exact
                removed += [(index.key, key, where) for key in was - now]
                added += [(index.key, key, where) for key in now - was]
            self._note_exactness(index, exact=all_exact)
        self._write(removed, _REMOVE)
        self._write(added, _ADD)

    def _build(self, index: Index) -> None:
        first, last = places(self._container)
        query = "SELECT place, body FROM items WHERE place > ? AND place BETWEEN ? AND ? ORDER BY place LIMIT ?"
        rows = self._db.execute(query, (index.built, first, last, _STEP)).fetchall()
        entries: list[tuple[int, bytes, int]] = []
        all_exact = True
        for where, body in rows:
            keys, exact = keys_in(decode_stored(body), index.definition)
            all_exact = all_exact and exact
            entries += [(index.key, key, where) for key in keys]
        built = rows[-1][0] if len(rows) == _STEP else _WHOLE
        with transaction(self._db) as db:
            self._write(entries, _ADD)
            self._note_exactness(index, exact=all_exact)
            db.execute("UPDATE indexes SET built = ? WHERE key = ?", (built, index.key))
        index.built = built

    def _write(self, entries: Sequence[tuple[int, bytes, int]], statement: str) -> None:
        if entries:
            self._db.executemany(statement, entries)

    def _note_exactness(self, index: Index, *, exact: bool) -> None:
        if not exact and index.sorts:
            self._db.execute("UPDATE indexes SET sorts = 0 WHERE key = ?", (index.key,))
            index.sorts = False

    def _unfinished(self) -> Iterator[Index]:
        return (index for index in self._known.values() if not index.is_whole)


def _change(old: Json, new: Json, definition: Definition) -> tuple[set[bytes], set[bytes], bool]:
    """The keys of an item before and after a write, or none if they are the same; and whether the new ones are exact.

    The document of an item that is not there is `None`.
    """
    if old is not None and new is not None and has_same_values(old, new, definition):
        return set(), set(), True
    was = set() if old is None else keys_in(old, definition)[0]
    now, exact = (set[bytes](), True) if new is None else keys_in(new, definition)
    return was, now, exact


def _read(text: str) -> Definition:
    return tuple(Part(tuple(path), *flags) for path, *flags in json.loads(text))
