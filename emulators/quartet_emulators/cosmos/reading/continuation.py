"""Continuation tokens: where the next page of a query begins.

A token says after which item that is (by number, so in the order of creation, or by its key in an index), or after how
many rows. The server keeps nothing between two pages.
"""

import base64
import binascii
import hashlib

from quartet_emulators.cosmos.errors import CosmosError, bad_request
from quartet_emulators.cosmos.json_text import Json, decode, encode_text
from quartet_emulators.cosmos.reading.ranges import KeyRange
from quartet_emulators.cosmos.resources.container import Container

Position = int | tuple[bytes, int]
"""After which item a page begins: its number; where the items come in the order of an index, its key there, too."""


class Token:
    """Continuation tokens of one query; those of another query or container are refused.

    A position among the items of a range is one in each part of the range, too: clients continue there after a split. A
    number of rows is not.
    """

    def __init__(self, container: Container, query: bytes, partition: str | None, counted_in: KeyRange | None) -> None:
        """The range is given if a number is one of rows, and the query limited to a range."""
        self._range = None if counted_in is None else [counted_in.start, counted_in.end]
        self._mark = mark_of(container, query, partition)

    def write(self, position: Position) -> str:
        """The token for a position."""
        after = position if isinstance(position, int) else [position[0].hex(), position[1]]
        counted = {"range": self._range} if self._range is not None and isinstance(position, int) else {}
        return base64.b64encode(encode_text({"query": self._mark, "after": after, **counted}).encode()).decode()

    def read(self, text: str | None) -> Position:
        """The position in a token; the beginning if there is none.

        Raises:
            CosmosError: 400, if it is malformed, or belongs to another query or container.
        """
        if not text:
            return 0
        try:
            content = decode(base64.b64decode(text, validate=True))
        except (binascii.Error, ValueError, CosmosError):
            content = None
        position = _position(content.get("after")) if isinstance(content, dict) else None
        if position is None:
            raise bad_request("Invalid Continuation Token.")
        check_mark(content.get("query"), self._mark)
        if isinstance(position, int) and content.get("range") != self._range:
            raise bad_request("Invalid Continuation Token: it counts the rows of another range of partition keys.")
        return position


def mark_of(container: Container, query: bytes, partition: str | None) -> str:
    """What the tokens of a query have in common, and no others."""
    mark = hashlib.blake2b(digest_size=9)
    for part in (container.rid, query, (partition or "").encode()):
        mark.update(len(part).to_bytes(4, "big"))
        mark.update(part)
    return mark.hexdigest()


def check_mark(found: Json, expected: str) -> None:
    """Refuse a token of another query.

    Raises:
        CosmosError: 400.
    """
    if found != expected:
        raise bad_request("Invalid Continuation Token: it belongs to another query or container.")


def _position(after: Json) -> Position | None:
    """The position in a token, if it is one."""
    if type(after) is int:
        return after
    match after:
        case [str(key), int(number)]:
            try:
                return bytes.fromhex(key), number
            except ValueError:
                return None
    return None
