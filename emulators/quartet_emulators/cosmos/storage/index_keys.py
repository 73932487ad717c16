"""Index keys: bytes that sort as ORDER BY sorts the values they stand for, whatever their types.

A key begins with the rank of the value's type. A number is the double that the service would keep, a text its UTF-8.
Keys of several values follow one another, as a composite index has them: no key is the beginning of another.
"""

import struct
from collections.abc import Sequence
from itertools import product
from typing import Final, NamedTuple

from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.sql.values import (
    RANK_ARRAY,
    RANK_BOOLEAN,
    RANK_NUMBER,
    RANK_STRING,
    UNDEFINED,
    Value,
    identity,
    rank,
)

_RANKS: Final = [bytes([number + 1]) for number in range(7)]
_LONGEST_TEXT: Final = 256
"""Bytes. A continuation token has a key in it, and clients may ask for tokens of no more than 1 KB."""

_SIGN: Final = 1 << 63
_ALL_BITS: Final = (1 << 64) - 1
_INVERTED: Final = bytes(255 - number for number in range(256))
END_OF_TEXT: Final = b"\0\0"
ABOVE_ALL: Final = b"\xff"
"""Follows every continuation of a key, ascending or descending."""


class Part(NamedTuple):
    """What one value of a key is: that at a path, or (`elements`) each element of the list there.

    `or_null` says that a missing value counts as null, as in a unique key.
    """

    path: tuple[str, ...]
    descending: bool = False
    elements: bool = False
    or_null: bool = False


Definition = tuple[Part, ...]
"""What an index holds: one part, or those of a composite index in order."""


def key_of(value: Value) -> bytes:
    """The key of one value, ascending."""
    kind = rank(value)
    head = _RANKS[kind]
    if kind == RANK_NUMBER:
        return head + _number(value)
    if kind == RANK_STRING:
        return head + _text(value)
    if kind == RANK_BOOLEAN:
        return head + (b"\1" if value else b"\0")
    return head + _text(identity(value)) if kind >= RANK_ARRAY else head


def beginning_of(text: str) -> bytes:
    """What the keys of all texts that begin with this one begin with."""
    return _RANKS[RANK_STRING] + _escaped(text)[:_LONGEST_TEXT]


def keys_of_type(value: Value) -> tuple[bytes, bytes]:
    """Between which keys all values of this one's type are: from the first on, and below the second."""
    kind = rank(value)
    return _RANKS[kind], _RANKS[kind + 1]


def is_exact(key: bytes) -> bool:
    """Whether the key orders its value among all others; that of a long text is cut, so two may share it."""
    return not key.endswith(ABOVE_ALL) or key[:1] == _RANKS[RANK_NUMBER]


def inverted(key: bytes) -> bytes:
    """The key in descending order."""
    return key.translate(_INVERTED)


def value_at(document: Json, path: Sequence[str]) -> Value:
    """The value at a path, or undefined."""
    for name in path:
        if not isinstance(document, dict) or name not in document:
            return UNDEFINED
        document = document[name]
    return document


def part_of(document: Json, part: Part) -> Value:
    """The value that a part of a key stands for."""
    value = value_at(document, part.path)
    return None if part.or_null and value is UNDEFINED else value


def has_same_values(one: Json, other: Json, definition: Definition) -> bool:
    """Whether two documents have the same keys, as far as that is seen without making them: lists are not looked at."""
    for part in definition:
        first, second = part_of(one, part), part_of(other, part)
        # 1 and true are equal in Python, and so are lists of them; their keys are not.
        if type(first) is not type(second) or isinstance(first, list | dict) or first != second:
            return False
    return True


def keys_in(document: Json, definition: Definition) -> tuple[set[bytes], bool]:
    """The keys of a document, and whether all of them are exact."""
    choices: list[list[bytes]] = []
    exact = True
    for part in definition:
        value = part_of(document, part)
        keys = [key_of(entry) for entry in (_elements(value) if part.elements else [value])]
        exact = exact and all(map(is_exact, keys))
        choices.append([inverted(key) for key in keys] if part.descending else keys)
    return {b"".join(keys) for keys in product(*choices)}, exact


def _elements(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []


def _number(value: float) -> bytes:
    try:
        double = float(value) or 0.0  # one zero
    except OverflowError:
        double = float("inf") if value > 0 else float("-inf")
    bits: int = struct.unpack(">Q", struct.pack(">d", double))[0]
    return (bits ^ (_ALL_BITS if bits & _SIGN else _SIGN)).to_bytes(8, "big")


def _text(text: str) -> bytes:
    escaped = _escaped(text)
    return escaped + END_OF_TEXT if len(escaped) <= _LONGEST_TEXT else escaped[:_LONGEST_TEXT] + ABOVE_ALL


def _escaped(text: str) -> bytes:
    raw = text.encode("utf-8", "surrogatepass")
    return raw.replace(b"\0", b"\0\xff") if b"\0" in raw else raw
