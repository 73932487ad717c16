"""Which items a query has to look at: all of them, or the few that an index finds for its WHERE and ORDER BY.

``read_items`` of the clients sends conditions like ``c.pk = @pk AND c.id IN (@a, @b)`` or hundreds of
``(c.id = @a AND c.pk = @b)`` joined by OR: they are looked up. Other conditions on single properties, and ORDER BY, are
answered from the indexes that the container's policy allows, as in the service; the rest is a scan there as here.
"""

from collections.abc import Iterable
from typing import Final

from quartet_emulators.cosmos.errors import bad_request
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.partitions.keys import text_of_value
from quartet_emulators.cosmos.reading.conditions import ID, Branch, Named, named_in
from quartet_emulators.cosmos.reading.continuation import Position
from quartet_emulators.cosmos.reading.index_access import SCAN_BELOW, Candidates, indexed, numbered
from quartet_emulators.cosmos.resources.container import Container, living
from quartet_emulators.cosmos.sql.compile import CompiledQuery
from quartet_emulators.cosmos.storage.disk_items import DiskItems
from quartet_emulators.cosmos.storage.index_keys import Definition, Part
from quartet_emulators.cosmos.storage.item import Item

_ANY: Final = object()


def want_indexes(query: CompiledQuery, container: Container) -> None:
    """Begin to keep the indexes that would help a query, as far as the container's policy allows them.

    Raises:
        sqlite3.Error: one could not be written.
    """
    if not isinstance(container.items, DiskItems) or container.count < SCAN_BELOW:
        return
    named = _named(query, container)
    if named.branches is not None:
        return
    for definition in _definitions(named):
        if container.indexing.covers_all(definition):
            container.items.indexes.want(definition)


def candidates(
    query: CompiledQuery,
    parameters: dict[str, Json],
    container: Container,
    partition: str | None,
    *,
    now: float,
    after: Position = 0,
) -> Candidates:
    """The items to look at for a query, restricted to a partition if one is given, from behind a position.

    Raises:
        CosmosError: 400, if the position is in the order of an index that no longer exists.
    """
    named = _named(query, container)
    _check_order(named, container)
    number = after if isinstance(after, int) else after[1]
    if named.branches is not None and isinstance(after, int):
        hits = _by_id(named.branches, parameters, container, partition=partition, now=now)
        return Candidates(numbered(hits, number), all(branch.complete for branch in named.branches))
    items = container.items
    if isinstance(items, DiskItems):
        chosen = indexed(named, parameters, items, partition, after)
        if chosen is not None:
            found = ((position, item) for position, item in chosen.items if partition in {None, item.partition})
            alive = ((position, item) for position, item in found if not item.has_expired(now))
            return Candidates(alive, chosen.exact and query.query.where is None, chosen.is_sorted)
    if not isinstance(after, int):
        raise bad_request("Invalid Continuation Token: the index that the query was answered from does not exist now.")
    return Candidates(numbered(container.scan(now, partition, number), number), exact=query.query.where is None)


def names_partition(query: CompiledQuery, container: Container) -> bool:
    """Whether a query's condition gives each level of the partition key one value: one partition answers it then."""
    equal = named_in(query.query, ()).equal
    named = {term.path for term in equal if len(term.constants) == 1 and not term.is_list}
    return all(tuple(path) in named for path in container.partition_key.paths)


def _named(query: CompiledQuery, container: Container) -> Named:
    key_path = _key_path(container)
    if key_path not in query.plans:
        query.plans[key_path] = named_in(query.query, key_path)
    named: Named = query.plans[key_path]
    return named


def _check_order(named: Named, container: Container) -> None:
    """Refuse an order that the service could not give.

    Source: "Indexing policies in Azure Cosmos DB", on composite indexes: ORDER BY of several properties needs one.

    Raises:
        CosmosError: 400.
    """
    if not named.order or container.items.indexes is None or container.indexing.covers_all(named.order):
        return
    if len(named.order) > 1:
        raise bad_request(
            "The order by query does not have a corresponding composite index that it can be served from."
        )
    raise bad_request("The index path corresponding to the specified order-by item is excluded.")


def _key_path(container: Container) -> tuple[str, ...]:
    paths = container.partition_key.paths
    return tuple(paths[0]) if len(paths) == 1 else ()


def _by_id(
    branches: tuple[Branch, ...],
    parameters: dict[str, Json],
    container: Container,
    *,
    partition: str | None,
    now: float,
) -> list[Item]:
    found: dict[int, Item] = {}
    is_key = _key_path(container) == ID
    for branch in branches:
        key = _ANY if branch.key is None else branch.key.values(parameters)[0]
        for item_id in branch.ids.values(parameters):
            if type(item_id) is str:
                hits = _with_id(item_id, item_id if is_key else key, container, partition)
                found |= {item.place: item for item in living(hits, now)}
    return [found[place] for place in sorted(found)]


def _with_id(item_id: str, key: Json, container: Container, partition: str | None) -> Iterable[Item]:
    """The items with an id and the value of a partition key, or any if that is ``_ANY``."""
    if key is _ANY and partition is None:
        return container.items.with_id(item_id)
    if isinstance(key, list | dict):
        return ()
    text = partition if key is _ANY else text_of_value(key)
    if text is None or partition not in {None, text}:
        return ()
    item = container.items.find(text, item_id)
    return () if item is None else (item,)


def _definitions(named: Named) -> list[Definition]:
    paths = [*(term.path for term in named.equal), *(term.path for term in named.compared)]
    single = [(Part(path),) for path in paths]
    lists = [(Part(term.path, elements=True),) for term in named.contains]
    return [*single, *lists, *([named.order] if named.order else [])]
