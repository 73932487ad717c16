"""Partial updates: the operations of a patch on a document.

Semantics from the service's reference ("Partial document update in Azure Cosmos DB"): ``set`` replaces an array element
where ``add`` inserts, ``replace``, ``remove`` and ``move`` need what they act on, ``incr`` may create its field.
"""

import math
from collections.abc import Callable
from typing import Final

from quartet_emulators.cosmos.errors import CosmosError, bad_request
from quartet_emulators.cosmos.json_text import Json

MAX_OPERATIONS: Final = 10
_PROTECTED: Final = frozenset({"id", "_rid", "_self", "_etag", "_attachments", "_ts", "_lsn"})
_MISSING: Final = object()

Place = tuple[Json, Json]
"""An array or object, and the index or key in it."""


def apply_patch(document: dict[str, Json], operations: Json, key_paths: list[list[str]]) -> None:
    """Change the document in place. After an error it is incomplete and must be discarded.

    Args:
        document: The current document, with its system properties.
        operations: What the client sent; not trusted.
        key_paths: The paths of the partition key, which a patch must not touch.

    Raises:
        CosmosError: 400, for more than 10 operations, none at all, or one that cannot be applied.
    """
    if not isinstance(operations, list) or not operations:
        raise bad_request("A patch needs a list of operations that is not empty.")
    if len(operations) > MAX_OPERATIONS:
        raise bad_request(f"The number of patch operations can't exceed {MAX_OPERATIONS}; there are {len(operations)}.")
    for number, operation in enumerate(operations, start=1):
        try:
            _apply(document, operation, key_paths)
        except CosmosError as error:
            raise bad_request(f"For Operation({number}): {error.message}") from None


def _apply(document: dict[str, Json], operation: Json, key_paths: list[list[str]]) -> None:
    if not isinstance(operation, dict):
        raise bad_request("an operation must be an object.")
    kind = operation.get("op")
    apply = _OPERATIONS.get(kind.lower()) if isinstance(kind, str) else None
    if apply is None:
        raise bad_request(f"unknown operation {kind!r}; there are add, set, replace, remove, incr and move.")
    path = _names(operation, "path", key_paths)
    if apply is _move:
        _move(document, path, _names(operation, "from", key_paths))
    else:
        value = operation.get("value", _MISSING)
        if value is _MISSING and apply is not _remove:
            raise bad_request(f"the operation {kind} needs a value.")
        apply(document, path, value)


def _names(operation: dict[str, Json], field: str, key_paths: list[list[str]]) -> list[str]:
    path = operation.get(field)
    if not isinstance(path, str) or not path.startswith("/") or path == "/":
        raise bad_request(f"{field} must be a JSON pointer such as '/a/b', not {path!r}.")
    names = [name.replace("~1", "/").replace("~0", "~") for name in path[1:].split("/")]
    if names[0] in _PROTECTED:
        raise bad_request(f"the property {path!r} cannot be patched.")
    for key_path in key_paths:
        shared = min(len(names), len(key_path))
        if names[:shared] == key_path[:shared]:
            raise bad_request(f"{path!r} would change the partition key, which cannot be patched.")
    return names


def _place(document: dict[str, Json], names: list[str]) -> Place:
    """The array or object that holds what the path names, which may be missing there.

    Raises:
        CosmosError: 400, if that array or object does not exist, or an array's index is not a number.
    """
    parent: Json = document
    for name in names[:-1]:
        parent = _child(parent, _key(parent, name))
        if not isinstance(parent, dict | list):
            raise bad_request(f"the parent of '/{'/'.join(names)}' does not exist.")
    return parent, _key(parent, names[-1])


def _key(parent: Json, name: str) -> str | int:
    if isinstance(parent, dict):
        return name
    if name == "-":
        return len(parent)
    if not (name.isascii() and name.isdigit()) or (len(name) > 1 and name[0] == "0"):
        raise bad_request(f"{name!r} is not an index of an array.")
    return int(name)


def _child(parent: Json, key: Json) -> Json:
    if isinstance(parent, dict):
        return parent.get(key, _MISSING)
    return parent[key] if key < len(parent) else _MISSING


def _add(document: dict[str, Json], names: list[str], value: Json) -> None:
    parent, key = _place(document, names)
    if isinstance(parent, dict):
        parent[key] = value
    elif isinstance(key, int) and key <= len(parent):
        parent.insert(key, value)
    else:
        raise bad_request(f"the index {key} is beyond the end of the array.")


def _set(document: dict[str, Json], names: list[str], value: Json) -> None:
    parent, key = _place(document, names)
    if isinstance(parent, list) and key < len(parent):
        parent[key] = value
    else:
        _add(document, names, value)


def _replace(document: dict[str, Json], names: list[str], value: Json) -> None:
    parent, key = _existing(document, names)
    parent[key] = value


def _remove(document: dict[str, Json], names: list[str], _value: Json = None) -> None:
    parent, key = _existing(document, names)
    del parent[key]


def _increment(document: dict[str, Json], names: list[str], value: Json) -> None:
    if not _is_number(value):
        raise bad_request("incr needs a number.")
    parent, key = _place(document, names)
    current = _child(parent, key)
    if current is _MISSING:
        _add(document, names, value)
    elif not _is_number(current):
        raise bad_request(f"'/{'/'.join(names)}' is not a number.")
    else:
        parent[key] = _sum(current, value)


def _sum(current: Json, value: Json) -> Json:
    try:
        total = current + value
        if math.isfinite(total):
            return total
    except OverflowError:
        pass
    raise bad_request("the result is not a number that a double can hold.")


def _move(document: dict[str, Json], names: list[str], source: list[str]) -> None:
    if names[: len(source)] == source and len(names) > len(source):
        raise bad_request("move cannot put a value inside itself.")
    parent, key = _existing(document, source)
    value = _child(parent, key)
    if names == source:
        return
    del parent[key]
    _add(document, names, value)


def _existing(document: dict[str, Json], names: list[str]) -> Place:
    parent, key = _place(document, names)
    if _child(parent, key) is _MISSING:
        raise bad_request(f"'/{'/'.join(names)}' does not exist.")
    return parent, key


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_OPERATIONS: Final[dict[str, Callable[[dict[str, Json], list[str], Json], None]]] = {
    "add": _add,
    "set": _set,
    "replace": _replace,
    "remove": _remove,
    "incr": _increment,
    "increment": _increment,
    "move": _move,
}
