"""AMQP values as plain ones that JSON and UTF-8 can carry, so that whatever a message holds can be kept and shown.

Nothing is left out without a trace: what has no plain form is replaced by text that says what it was.
"""

import json
import math
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

Scalar: TypeAlias = str | int | float | bool | None
Plain: TypeAlias = "Scalar | list[Plain] | dict[str, Plain]"

# Larger integers lose digits where JSON numbers are binary floats: in Cosmos DB, for one.
_LARGEST_EXACT: Final = 2**53 - 1
_DEEPEST: Final = 32


class Undecoded(bytes):
    """The encoded bytes of a value, constructor included, of which the SDK can make nothing."""


def plain(value: object, depth: int = 0) -> Plain:
    r"""The value as JSON has it: text for bytes, UUIDs, decimals, large integers and what is not finite.

    Bytes that are not UTF-8 have escapes (`\xff`) in their text. What is nested deeper than 32 levels is replaced.
    """
    if not isinstance(value, list | tuple | dict):
        return _plain_scalar(value)
    if depth == _DEEPEST:
        return f"(nested deeper than {_DEEPEST} levels)"
    if isinstance(value, dict):
        return plain_map(value, depth)
    return [plain(one, depth + 1) for one in value]


def _plain_scalar(value: object) -> Scalar:
    match value:
        case None | bool():
            return value
        case int() if abs(value) <= _LARGEST_EXACT:
            return value
        case float() if math.isfinite(value):
            return value
        case Undecoded():
            return f"(AMQP that cannot be decoded: {value.hex()})"
        case bytes() | bytearray() | memoryview():
            return bytes(value).decode("utf-8", "backslashreplace")
        case _:
            # Numbers that are left, UUIDs and decimals. The SDK makes nothing else.
            return text_of(str(value))


def plain_map(value: Mapping[Any, object], depth: int = 0) -> dict[str, Plain]:
    """The map with text for its keys. Keys that become the same text are numbered: `a`, `a (2)`."""
    numbers: dict[str, int] = {}
    result: dict[str, Plain] = {}
    for key, one in value.items():
        name = text = _key(key, depth)
        while name in result:
            numbers[text] = numbers.get(text, 1) + 1
            name = f"{text} ({numbers[text]})"
        result[name] = plain(one, depth + 1)
    return result


def scalar(value: object) -> Scalar:
    """The value as `plain` has it; lists and maps as their JSON text."""
    found = plain(value)
    return json_text(found) if isinstance(found, list | dict) else found


def json_text(value: Plain) -> str:
    """JSON for people: not escaped more than it must be."""
    return json.dumps(value, ensure_ascii=False)


def text_of(text: str) -> str:
    """Text that UTF-8 can carry: half of a surrogate pair is written as its escape."""
    return text.encode("utf-8", "backslashreplace").decode()


def _key(key: object, depth: int) -> str:
    found = plain(key, depth + 1)
    return found if isinstance(found, str) else json_text(found)
