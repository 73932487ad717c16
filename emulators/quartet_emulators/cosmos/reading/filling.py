"""Pages are filled with rows until they are full: by count or by size."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice, repeat
from typing import Final, NamedTuple

from quartet_emulators.cosmos.json_text import Json, decode_stored, encode
from quartet_emulators.cosmos.reading.continuation import Position
from quartet_emulators.cosmos.storage.item import Item

MAX_PAGE_BYTES: Final = 4 * 1024 * 1024


class Page(NamedTuple):
    """Rows as JSON.

    Attributes:
        rows: what goes over the wire.
        position: where the next page begins; ``None`` is nowhere.
        looked_at: how many items were looked at.
        read_bytes: the size of those whose documents were read.
    """

    rows: list[bytes]
    position: Position | None
    looked_at: int
    read_bytes: int = 0


class Documents:
    """The documents of items, decoded only if the query looks into them, and how far they have been taken."""

    def __init__(self, items: Iterable[tuple[Position, Item]], *, reads: bool) -> None:
        self._items = items
        self._reads = reads
        self.last: Position = 0
        self.count = 0
        self.read_bytes = 0

    def __iter__(self) -> Iterator[Json]:
        for position, item in self._items:
            self.last = position
            self.count += 1
            if self._reads:
                self.read_bytes += len(item.body)
                yield decode_stored(item.body)
            else:
                yield None


class Counted:
    """Instead of the documents of a query that does not look at them, such as COUNT(1): how many there are."""

    count = 0
    read_bytes = 0

    def __init__(self, number: int) -> None:
        self._number = number

    def __iter__(self) -> Iterator[Json]:
        return repeat(None, self._number)


def page_of_items(items: Iterable[tuple[Position, Item]], matches: Callable[[Json], bool] | None, size: int) -> Page:
    """``SELECT *``: the items as they are stored, decoded only if there is a condition to check."""
    looked_at = read_bytes = 0

    def matching() -> Iterator[tuple[Position, bytes]]:
        nonlocal looked_at, read_bytes
        for position, item in items:
            looked_at += 1
            read_bytes += len(item.body)
            if matches is None or matches(decode_stored(item.body)):
                yield position, item.body

    return _fill(matching(), size)._replace(looked_at=looked_at, read_bytes=read_bytes)


def page_by_item(source: Documents, rows: Iterable[Json], size: int) -> Page:
    """At most one row for each item: the next page continues after the last item."""
    page = _fill(((source.last, encode(row)) for row in rows), size)
    return page._replace(looked_at=source.count, read_bytes=source.read_bytes)


def page_by_row(source: Documents | Counted, rows: Iterable[Json], skip: int, size: int) -> Page:
    """Sorted, grouped or joined rows: the next page skips those that have been sent."""
    left = islice(rows, skip, None)
    page = _fill(((skip + count, encode(row)) for count, row in enumerate(left, start=1)), size)
    return page._replace(looked_at=source.count, read_bytes=source.read_bytes)


def _fill(rows: Iterable[tuple[Position, bytes]], size: int) -> Page:
    """Take rows, each with the position after it, until the page is full."""
    taken: list[bytes] = []
    position: Position = 0
    filled = 0
    for after, row in rows:
        if len(taken) == size or (taken and filled + len(row) > MAX_PAGE_BYTES):
            return Page(taken, position, len(taken))
        taken.append(row)
        filled += len(row)
        position = after
    return Page(taken, None, len(taken))
