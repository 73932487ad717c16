"""Which ranges of hashes a query's condition leaves: those of the partition keys that it names."""

from collections.abc import Iterable
from itertools import product
from typing import Final

from quartet_emulators.cosmos.errors import CosmosError
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.partitions.hashes import effective_key
from quartet_emulators.cosmos.partitions.keys import text_of_values
from quartet_emulators.cosmos.partitions.physical import END, START
from quartet_emulators.cosmos.reading.conditions import Path, named_in
from quartet_emulators.cosmos.resources.container import Container
from quartet_emulators.cosmos.sql import nodes
from quartet_emulators.cosmos.sql.values import UNDEFINED

_ABSENT: Final[dict[str, Json]] = {}
"""The key of items with an object in its place, or nothing."""

_MOST_KEYS: Final = 1000
"""A condition that names more partition keys is one on the whole container."""


def _range(start: str, end: str) -> dict[str, Json]:
    return {"min": start, "max": end, "isMinInclusive": True, "isMaxInclusive": False}


def _point(key: str) -> dict[str, Json]:
    return {"min": key, "max": key, "isMinInclusive": True, "isMaxInclusive": True}


EVERYTHING: Final = _range(START, END)
"""The range of all keys, as plans write ranges."""

NOTHING: Final = _point(START)
"""A range without items, since no key has the hash before all others: clients want one range to ask."""


def key_ranges(query: nodes.Query, parameters: dict[str, Json], container: Container) -> list[dict[str, Json]]:
    """The ranges of hashes that a query's condition on the partition key leaves; all, if it does not name the key."""
    where = query.where
    branches = where.operands if isinstance(where, nodes.Logical) and where.operator == "OR" else (where,)
    found: dict[str, dict[str, Json]] = {}
    for branch in branches:
        on_item = nodes.Query(None, sources=query.sources[:1], where=branch)
        keys = _keys_named(on_item, parameters, container)
        if keys is None or len(found) + len(keys) > _MOST_KEYS:
            return [EVERYTHING]
        levels = len(container.partition_key.paths)
        for values in keys:
            key = effective_key(text_of_values(list(values)), container.partition_key.kind)
            found[key] = _point(key) if len(values) == levels else _range(key, f"{key}{END}")
    return _apart(found[key] for key in sorted(found)) or [NOTHING]


def holding(query: nodes.Query, parameters: dict[str, Json], container: Container) -> set[str]:
    """The ids of the physical partitions in which these ranges are."""
    ranges = key_ranges(query, parameters, container)
    return {one.id for at in ranges for one in container.partitions.overlapping(at["min"], at["max"])}


def _apart(ranges: Iterable[dict[str, Json]]) -> list[dict[str, Json]]:
    """The ranges without those that lie in others: clients want them in order and apart."""
    apart: list[dict[str, Json]] = []
    for one in ranges:
        if not apart or one["min"] >= apart[-1]["max"]:
            apart.append(one)
    return apart


def _keys_named(query: nodes.Query, parameters: dict[str, Json], container: Container) -> list[tuple[Json, ...]] | None:
    """The partition keys that a condition asks for, of a hierarchical one perhaps their first levels only."""
    terms = {term.path: term for term in named_in(query, ()).equal}
    levels: list[list[Json]] = []
    for names in container.partition_key.paths:
        path: Path = tuple(names)
        if path not in terms:
            break
        values = terms[path].values(parameters)
        levels.append([_ABSENT if isinstance(value, dict) else value for value in values if _can_be_key(value)])
    count = 1
    for values in levels:
        count *= len(values)
    return list(product(*levels)) if levels and count <= _MOST_KEYS else None


def _can_be_key(value: Json) -> bool:
    """Whether an item's partition key can be equal to it."""
    if value is UNDEFINED or isinstance(value, list):
        return False
    if isinstance(value, dict):
        return True
    try:
        text_of_values([value])
    except CosmosError:
        return False
    return True
