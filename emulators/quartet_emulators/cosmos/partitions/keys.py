"""Partition keys: their place in an item, their form in a header, and when two of them are the same."""

import sys
from functools import lru_cache
from typing import Final

from quartet_emulators.cosmos.errors import PARTITION_KEY_MISMATCH, bad_request, unsupported
from quartet_emulators.cosmos.json_text import Json, decode, encode_text, to_utf8

MAX_LEVELS: Final = 3
_HASH_VERSION: Final = 2
_CACHE_LIMIT: Final = 50_000
_CACHED_TEXTS: Final = 1024
_SHORT: Final = 256
"""Characters. Longer ones are not cached, so that the cache stays small whatever clients send."""

_LARGEST_NUMBER: Final = sys.float_info.max
_ABSENT: Final[dict[str, Json]] = {}
"""A component that the item does not have; clients spell it ``{}``."""


class PartitionKeyDefinition:
    """The ``partitionKey`` of a container: one path, or up to three (hierarchical, kind ``MultiHash``).

    A key value is handled as its *text*, a canonical JSON array (``["b7"]``): equal keys have equal texts, ``1`` and
    ``1.0`` included.
    """

    def __init__(self, definition: Json) -> None:
        """Check and take over a container's definition.

        Raises:
            CosmosError: 400 if it is malformed, or of a kind other than Hash and MultiHash.
        """
        if not isinstance(definition, dict):
            raise bad_request("A container needs a partitionKey of the form {paths, kind, version}.")
        paths = definition.get("paths")
        if not isinstance(paths, list) or not paths or not all(_is_path(path) for path in paths):
            raise bad_request("partitionKey.paths must be a list of paths such as '/pk'.")
        self.kind: str = definition.get("kind", "Hash")
        if not isinstance(self.kind, str) or self.kind not in {"Hash", "MultiHash"}:
            raise unsupported(f"partition keys of kind {self.kind!r}")
        if len(paths) > (MAX_LEVELS if self.kind == "MultiHash" else 1):
            raise bad_request(
                "Too many partition key paths: a partition key has one path, or with kind MultiHash up to three."
            )
        self.version: int = definition.get("version", 1)
        if type(self.version) is not int or self.version not in {1, 2}:
            raise bad_request("partitionKey.version is 1 or 2.")
        self.paths = [names_in_path(path) for path in paths]
        self._texts: dict[str, str] = {}

    @property
    def has_known_hashes(self) -> bool:
        """Whether the emulator hashes the keys as clients do, so that ranges can be told apart: not in version 1."""
        return self.kind != "Hash" or self.version == _HASH_VERSION

    def text_of(self, item: dict[str, Json]) -> str:
        """The key text of an item.

        Raises:
            CosmosError: 400, if a component is an array or object.
        """
        values = [_follow(item, names) for names in self.paths]
        if len(values) == 1 and type(values[0]) is str and len(values[0]) <= _SHORT:
            return _of_short_text(values[0])
        return _canonical(values)

    def text_in_header(self, header: str | None) -> str:
        """The key text in ``x-ms-documentdb-partitionkey``, complete with all its levels.

        Raises:
            CosmosError: 400, if it is missing, malformed, or has another number of levels.
        """
        if header is None:
            raise bad_request("PartitionKey value must be supplied for this operation.")
        known = self._texts.get(header)
        if known is not None:
            return known
        components = decode(header)
        if not isinstance(components, list) or len(components) != len(self.paths):
            raise bad_request(
                "Partition key provided either doesn't correspond to definition in the collection or doesn't match "
                f"partition key field values specified in the document. The key {header} does not have the container's "
                f"{len(self.paths)} component(s).",
                substatus=PARTITION_KEY_MISMATCH,
            )
        text = _canonical(components)
        if len(self._texts) >= _CACHE_LIMIT:
            self._texts.clear()
        self._texts[header] = text
        return text

    def check(self, item: dict[str, Json], expected: str) -> None:
        """Hold an item against the key that the request names.

        Raises:
            CosmosError: 400 with sub-status 1001, if they differ.
        """
        found = self.text_of(item)
        if found != expected:
            raise bad_request(
                f"PartitionKey extracted from document ({found}) doesn't match the one specified in the header"
                f" ({expected}).",
                substatus=PARTITION_KEY_MISMATCH,
            )


def text_of_value(value: Json) -> str:
    """The key text of a single-level key with this value."""
    return _canonical([value])


def text_of_values(values: list[Json]) -> str:
    """The key text of a key with these values, or of its first levels.

    Raises:
        CosmosError: 400, if one cannot be part of a key.
    """
    return _canonical(values)


def components(text: str) -> list[Json]:
    """The components in a key text."""
    return list(decode(text))


@lru_cache(maxsize=_CACHED_TEXTS)
def _of_short_text(value: str) -> str:
    return _canonical([value])


def _canonical(values: list[Json]) -> str:
    for position, value in enumerate(values):
        if type(value) is str:
            continue
        if isinstance(value, float) and value.is_integer():
            values[position] = int(value)
        elif isinstance(value, list) or (isinstance(value, dict) and value):
            raise bad_request("A partition key value must be a string, number, boolean or null.")
        elif isinstance(value, int) and abs(value) > _LARGEST_NUMBER:
            raise bad_request("A partition key value must be a number that a double can hold.")
    text = encode_text(values)
    if not text.isascii():
        to_utf8(text)
    return text


def _follow(item: dict[str, Json], names: list[str]) -> Json:
    value: Json = item
    for name in names:
        if not isinstance(value, dict) or name not in value:
            return _ABSENT
        value = value[name]
    # For an object, clients send the absent value.
    return _ABSENT if isinstance(value, dict) else value


def _is_path(path: Json) -> bool:
    return isinstance(path, str) and path.startswith("/") and all(names_in_path(path))


def names_in_path(path: str) -> list[str]:
    """Split ``/a/"b c"/d`` into names; a quoted name may hold a slash."""
    names: list[str] = []
    rest = path
    while rest.startswith("/"):
        quote = rest[1:2]
        if quote in {'"', "'"} and (end := rest.find(quote, 2)) > 0:
            names.append(rest[2:end])
            rest = rest[end + 1 :]
        else:
            name, slash, tail = rest[1:].partition("/")
            names.append(name)
            rest = slash + tail
    return names
