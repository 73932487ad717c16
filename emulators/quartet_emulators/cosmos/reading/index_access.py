"""The items that an index finds for a query: those with the values that WHERE names, or in the order of ORDER BY."""

from collections.abc import Iterable, Iterator
from heapq import merge
from operator import attrgetter
from typing import Final, NamedTuple

from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.reading.conditions import Named, value_of
from quartet_emulators.cosmos.reading.continuation import Position
from quartet_emulators.cosmos.storage.disk_items import DiskItems, Keys
from quartet_emulators.cosmos.storage.index_keys import ABOVE_ALL, Definition, Part, key_of
from quartet_emulators.cosmos.storage.indexes import Index
from quartet_emulators.cosmos.storage.item import Item

SCAN_BELOW: Final = 256
"""In a container or partition with fewer items than this, a scan is as quick as an index."""

_FEW: Final = 1000


class Candidates(NamedTuple):
    """Items to look at, each with the position behind it.

    Attributes:
        items: in the order of creation, or of ORDER BY.
        exact: whether all of them satisfy the condition for certain.
        is_sorted: whether they come in the order of ORDER BY.
    """

    items: Iterable[tuple[Position, Item]]
    exact: bool
    is_sorted: bool = False


class _Filter(NamedTuple):
    """Ranges of an index, which hold all items that can satisfy a condition."""

    source: Index
    ranges: list[Keys]


def numbered(items: Iterable[Item], after: int) -> Iterator[tuple[Position, Item]]:
    """The items with numbers above one, each with its number as its position."""
    return ((item.number, item) for item in items if item.number > after)


def indexed(
    named: Named, parameters: dict[str, Json], items: DiskItems, partition: str | None, after: Position
) -> Candidates | None:
    """What an index finds; ``None`` if a scan is as quick, or there is no index that helps."""
    order = _by_order(named, parameters, items, None if isinstance(after, int) else after)
    if not isinstance(after, int) or len(named.order) > 1:
        return order
    if partition is not None and items.count_in(partition, SCAN_BELOW) < SCAN_BELOW:
        return None
    filters = _filters(named, parameters, items)
    sizes = [sum(items.count(entry.source, keys, _FEW) for keys in entry.ranges) for entry in filters]
    best = min(range(len(filters)), key=sizes.__getitem__, default=None)
    if best is not None and (order is None or sizes[best] < _FEW):
        found = [items.keyed(filters[best].source, keys, after) for keys in filters[best].ranges]
        return Candidates(numbered(_merged(found), after), exact=False)
    return order


def _merged(streams: list[Iterator[Item]]) -> Iterator[Item]:
    """Items in the order of creation, each once."""
    if len(streams) == 1:
        yield from streams[0]
        return
    last = -1
    for item in merge(*streams, key=attrgetter("place")):
        if item.place != last:
            yield item
        last = item.place


def _by_order(
    named: Named, parameters: dict[str, Json], items: DiskItems, after: tuple[bytes, int] | None
) -> Candidates | None:
    """The items in the order of ORDER BY, if an index has it."""
    index = items.indexes.whole(named.order) if named.order else None
    if index is None or not index.sorts:
        return None
    bounds = _bounds(named, parameters, index.definition)
    walk = items.in_order(index, bounds, backwards=named.backwards, after=after)
    return Candidates((((key, item.number), item) for key, item in walk), exact=True, is_sorted=True)


def _filters(named: Named, parameters: dict[str, Json], items: DiskItems) -> list[_Filter]:
    found: list[_Filter] = []
    for term in named.equal:
        if index := items.indexes.whole((Part(term.path),)):
            keys = {key_of(value) for value in term.values(parameters)}
            found.append(_Filter(index, [Keys(key, None) for key in sorted(keys)]))
    for held in named.contains:
        if index := items.indexes.whole((Part(held.path, elements=True),)):
            key = key_of(value_of(held.constant, parameters))
            found.append(_Filter(index, [Keys(key, None)]))
    for path in {term.path for term in named.compared}:
        index, limits = items.indexes.whole((Part(path),)), _limits(named, parameters, path)
        if index and limits:
            found.append(_Filter(index, [limits]))
    return found


def _limits(named: Named, parameters: dict[str, Json], path: tuple[str, ...]) -> Keys | None:
    """Between which keys all comparisons with a path leave its value."""
    found = [term.limits(parameters) for term in named.compared if term.path == path]
    known = [limits for limits in found if limits is not None]
    return Keys(max(low for low, _ in known), min(high for _, high in known)) if known else None


def _bounds(named: Named, parameters: dict[str, Json], definition: Definition) -> Keys:
    """Where in a sorted index the items are: behind the values that its first paths must have."""
    prefix = b""
    for part in definition:
        values = [term.values(parameters) for term in named.equal if term.path == part.path]
        if part.descending or not values or len(values[0]) != 1:
            limits = None if part.descending else _limits(named, parameters, part.path)
            if limits is not None and limits.high is not None:
                return Keys(prefix + limits.low, prefix + limits.high)
            break
        prefix += key_of(values[0][0])
    return Keys(prefix, prefix + ABOVE_ALL)
