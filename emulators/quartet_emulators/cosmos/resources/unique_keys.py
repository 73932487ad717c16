"""Unique keys: values that only one item of a logical partition may have together.

Source: "Unique key constraints in Azure Cosmos DB": a missing value counts as null, and the policy never changes.
"""

from collections.abc import Iterable
from typing import Final

from quartet_emulators.cosmos.errors import bad_request
from quartet_emulators.cosmos.json_text import Json, decode_stored
from quartet_emulators.cosmos.partitions.keys import names_in_path
from quartet_emulators.cosmos.sql.values import same
from quartet_emulators.cosmos.storage.index_keys import Definition, Part, part_of
from quartet_emulators.cosmos.storage.item import Item

_MOST_KEYS: Final = 10
_MOST_PATHS: Final = 16


def unique_keys(properties: dict[str, Json]) -> list[Definition]:
    """The unique keys of a container: what an index of each holds, the partition key first.

    Raises:
        CosmosError: 400 if the policy is malformed.
    """
    policy = properties.get("uniqueKeyPolicy") or {}
    entries = policy.get("uniqueKeys") or [] if isinstance(policy, dict) else None
    if not isinstance(entries, list) or len(entries) > _MOST_KEYS:
        raise bad_request(f"uniqueKeyPolicy is an object with a list of up to {_MOST_KEYS} uniqueKeys.")
    partition = [Part(tuple(names_in_path(path))) for path in properties["partitionKey"]["paths"]]
    return [(*partition, *_parts(entry)) for entry in entries]


def _parts(entry: Json) -> list[Part]:
    paths = entry.get("paths") if isinstance(entry, dict) else None
    if not isinstance(paths, list) or not 0 < len(paths) <= _MOST_PATHS:
        raise bad_request(f"A unique key is an object with a list of up to {_MOST_PATHS} paths.")
    if not all(isinstance(path, str) and path.startswith("/") and all(names_in_path(path)) for path in paths):
        raise bad_request("The paths of a unique key must be texts such as '/email'.")
    return [Part(tuple(names_in_path(path)), or_null=True) for path in paths]


def has_rival(document: dict[str, Json], definition: Definition, others: Iterable[Item]) -> bool:
    """Whether one of the other items has the values that a document has."""
    values = _values(document, definition)
    return any(same(values, _values(decode_stored(item.body), definition)) for item in others)


def _values(document: dict[str, Json], definition: Definition) -> list[Json]:
    return [part_of(document, part) for part in definition]
