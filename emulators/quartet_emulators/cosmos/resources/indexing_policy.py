"""What a container's indexing policy covers."""

from typing import Final

from quartet_emulators.cosmos.errors import bad_request
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.partitions.keys import names_in_path
from quartet_emulators.cosmos.storage.index_keys import Definition, Part

_ELEMENTS: Final = "[]"
_VALUE: Final = "?"
_ALL_BELOW: Final = "*"
_NONE: Final = "none"
_ROOT: Final[Json] = {"path": "/*"}
_ETAG: Final[Json] = {"path": '/"_etag"/?'}
_MODES: Final = {"consistent", "lazy", _NONE}
_LEAST_PATHS: Final = 2
_SYSTEM: Final = {("id",), ("_ts",)}


class IndexingPolicy:
    """The `indexingPolicy` of a container, as far as it says which queries an index may answer."""

    def __init__(self, policy: dict[str, Json]) -> None:
        """Take over a policy.

        Raises:
            CosmosError: 400 if it is malformed.
        """
        mode = policy.get("indexingMode", "consistent")
        if str(mode).lower() not in _MODES:
            raise bad_request(f"indexingPolicy.indexingMode is consistent, lazy or none, not {mode!r}.")
        self._is_on = str(mode).lower() != _NONE
        self._rules = [
            *((_pattern(entry), True) for entry in _entries(policy, "includedPaths")),
            *((_pattern(entry), False) for entry in _entries(policy, "excludedPaths")),
        ]
        self.composites: list[Definition] = [_composite(entry) for entry in _entries(policy, "compositeIndexes")]

    def covers(self, part: Part) -> bool:
        """Whether the value at the path is indexed: the most precise of the rules that apply decides."""
        if not self._is_on:
            return False
        if part.path in _SYSTEM:
            return True
        names = (*part.path, _ELEMENTS) if part.elements else part.path
        applying = [(len(pattern), included) for pattern, included in self._rules if _applies(pattern, names)]
        return max(applying)[1] if applying else False

    def covers_all(self, definition: Definition) -> bool:
        """Whether an index may be kept: one value that is covered, or a composite index of the policy."""
        if len(definition) == 1:
            return self.covers(definition[0])
        return self._is_on and any(definition in (composite, _reversed(composite)) for composite in self.composites)


def completed(policy: dict[str, Json]) -> dict[str, Json]:
    """A policy as the service keeps it and gives it back: with its defaults, and without the kinds of older indexes.

    Raises:
        CosmosError: 400 if it is malformed.
    """
    full = {"indexingMode": "consistent", "automatic": True, **policy}
    if str(full["indexingMode"]).lower() == _NONE:
        full |= {"automatic": False, "includedPaths": [], "excludedPaths": []}
    else:
        excluded = [_kept(entry) for entry in _entries(policy, "excludedPaths")]
        included = [_kept(entry) for entry in _entries(policy, "includedPaths")]
        is_said = _ROOT in (*included, *excluded)
        full["includedPaths"] = included if is_said else [*included, _ROOT]
        full["excludedPaths"] = excluded if _ETAG in excluded else [*excluded, _ETAG]
    IndexingPolicy(full)
    return full


def _kept(entry: Json) -> Json:
    """A path of a policy. That of the root may be written `/`."""
    path = entry.get("path") if isinstance(entry, dict) else None
    return _ROOT if path == "/" else {"path": path}


def _entries(policy: dict[str, Json], name: str) -> list[Json]:
    found = policy.get(name) or []
    if not isinstance(found, list):
        raise bad_request(f"indexingPolicy.{name} must be a list.")
    return found


def _path(entry: Json) -> tuple[str, ...]:
    path = entry.get("path") if isinstance(entry, dict) else None
    if not isinstance(path, str) or not path.startswith("/"):
        raise bad_request(f"An indexing path is an object with a path such as '/name/?', not {entry!r}.")
    return tuple(names_in_path(path))


def _pattern(entry: Json) -> tuple[str, ...]:
    names = _path(entry)
    if names[-1:] not in {(_VALUE,), (_ALL_BELOW,)}:
        raise bad_request(f"The indexing path {entry['path']!r} ends neither with '/?' nor with '/*'.")
    return names


def _composite(entries: Json) -> Definition:
    if not isinstance(entries, list) or len(entries) < _LEAST_PATHS:
        raise bad_request("A composite index is a list of two or more paths.")
    return tuple(_part(entry) for entry in entries)


def _part(entry: Json) -> Part:
    names = _path(entry)
    order = str(entry.get("order", "ascending")).lower()
    if order not in {"ascending", "descending"}:
        raise bad_request(f"The order of a path in a composite index is ascending or descending, not {order!r}.")
    return Part(names[:-1] if names[-1:] == (_VALUE,) else names, order == "descending")


def _reversed(definition: Definition) -> Definition:
    return tuple(part._replace(descending=not part.descending) for part in definition)


def _applies(pattern: tuple[str, ...], names: tuple[str, ...]) -> bool:
    if pattern[-1:] == (_ALL_BELOW,):
        return names[: len(pattern) - 1] == pattern[:-1]
    return pattern[-1:] == (_VALUE,) and names == pattern[:-1]
