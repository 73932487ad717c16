"""Writes to one logical partition: each sees those before it, and all are applied together or not at all."""

from typing import Final

from quartet_emulators.cosmos import identifiers
from quartet_emulators.cosmos.errors import bad_request, conflict, too_large
from quartet_emulators.cosmos.json_text import Json, encode_text, to_utf8
from quartet_emulators.cosmos.resources.container import Container
from quartet_emulators.cosmos.resources.unique_keys import has_rival
from quartet_emulators.cosmos.storage.item import Item, place

MAX_ITEM_BYTES: Final = 2 * 1024 * 1024
SYSTEM_PROPERTIES: Final = ("_rid", "_self", "_etag", "_attachments", "_ts", "_lsn")
FOREVER: Final = -1


class Transaction:
    """The writes of one request, which see one another, and which no other request sees until :meth:`commit`."""

    def __init__(self, container: Container, partition: str, now: float) -> None:
        self.container = container
        self.partition = partition
        self.now = now
        self._lsn = container.lsn + 1
        self._last_number = container.last_number
        self._written: dict[str, Item] = {}
        self._removed: dict[str, Item] = {}
        self._read: dict[str, Item | None] = {}
        self._versions = 0

    @property
    def written(self) -> list[Item]:
        """The items that it has written, in order."""
        return list(self._written.values())

    def find(self, item_id: str) -> Item | None:
        """The living item with this id, as this transaction would leave it."""
        written = self._written.get(item_id)
        if written is not None:
            return written
        if item_id in self._removed:
            return None
        stored = self._stored(item_id)
        return None if stored is None or stored.has_expired(self.now) else stored

    def write(self, item_id: str, document: dict[str, Json], replaced: Item | None) -> Item:
        """Write a document, new or in place of ``replaced``, and return the item with its system properties.

        The system properties in ``document`` are removed: the service sets them.

        Raises:
            CosmosError: 400 if ``ttl`` is not valid, 409 if another item has the values of a unique key, 413 if the
                item is larger than 2 MB.
        """
        ttl = _checked_ttl(document)
        for name in SYSTEM_PROPERTIES:
            document.pop(name, None)
        number = replaced.number if replaced is not None else self._next_number()
        etag = self._new_etag()
        ts = int(self.now)
        rid = identifiers.item_rid(self.container.rid, number)
        body = to_utf8(
            f'{encode_text(document)[:-1]},"_rid":"{rid}","_self":"{self.container.link}docs/{rid}/",'
            f'"_etag":"\\"{etag}\\"","_attachments":"attachments/","_ts":{ts}}}'
        )
        if len(body) > MAX_ITEM_BYTES:
            raise too_large(f"Request size is too large: the item has {len(body)} bytes, the limit is 2 MB.")
        where = place(self.container.key, number)
        ends = self.container.ends(ts, ttl)
        item = Item(where, self.partition, item_id, self._lsn, ts, ttl, ends, f'"{etag}"', body)
        self._check_unique(document, where)
        self._written[item_id] = item
        return item

    def remove(self, item: Item) -> None:
        """Delete an item that :meth:`find` has returned."""
        if self._written.get(item.id) is item:
            del self._written[item.id]
        stored = self._stored(item.id)
        if stored is not None:
            self._removed[item.id] = stored

    def commit(self) -> None:
        """Write everything to disk in one transaction; afterwards it may be acknowledged.

        A write over an item that has expired and not been removed yet takes its place.

        Raises:
            sqlite3.Error: If the disk refuses; nothing has changed then.
        """
        if not self._written and not self._removed:
            return
        written = self.written
        before = {item_id: stored for item_id in self._written if (stored := self._stored(item_id)) is not None}
        before |= self._removed
        # An item that got another id is written where it was.
        kept = {item.place for item in written}
        self.container.write(
            written,
            [item for item in before.values() if item.place in kept],
            [item for item in before.values() if item.place not in kept],
            lsn=self._lsn,
            number=self._last_number,
        )

    def _check_unique(self, document: dict[str, Json], where: int) -> None:
        """Hold a document against the items of the partition, as this transaction has left them so far."""
        for definition in self.container.unique_keys:
            written = [item for item in self._written.values() if item.place != where]
            touched = {where, *(item.place for item in (*written, *self._removed.values()))}
            stored = self.container.items.with_values_of(document, definition)
            left = (item for item in stored if item.place not in touched and not item.has_expired(self.now))
            if has_rival(document, definition, (*written, *left)):
                raise conflict("Unique index constraint violation.")

    def _stored(self, item_id: str) -> Item | None:
        """The item that is held, expired or not. No other request writes while a transaction runs."""
        if item_id not in self._read:
            self._read[item_id] = self.container.items.find(self.partition, item_id)
        return self._read[item_id]

    def _next_number(self) -> int:
        self._last_number += 1
        return self._last_number

    def _new_etag(self) -> str:
        """An ETag that no other version of any item has: sequence number, count in this transaction, microseconds."""
        self._versions += 1
        micros = int(self.now * 1_000_000)
        return f"{self._lsn & 0xFFFFFFFF:08x}-{self._versions:04x}-0000-0000-{micros & 0xFFFFFFFFFFFF:012x}"


def _checked_ttl(document: dict[str, Json]) -> int | None:
    if "ttl" not in document:
        return None
    ttl = document["ttl"]
    if type(ttl) is not int or (ttl <= 0 and ttl != FOREVER):
        raise bad_request(f"The ttl {ttl!r} is not valid: it is -1 or a positive whole number of seconds.")
    return ttl
