"""Conditions on tags: `"tier"='gold' AND "year">='2026'`, of the header `x-ms-if-tags` and of Find Blobs by Tags.

Values are texts and are compared as such. AND binds more tightly than OR; there are no brackets.
"""

import operator
import re
from collections.abc import Callable, Mapping

from quartet_emulators.blob.errors import BlobError, ErrorCode

_TERM = re.compile(
    r"""\s*(?:"(?P<quoted>[^"]+)"|(?P<plain>@?\w+))\s*(?P<sign>=|<>|>=|<=|>|<)\s*'(?P<value>[^']*)'\s*"""
    r"(?P<word>AND\b|OR\b|\Z)",
    re.IGNORECASE,
)
_SIGNS: dict[str, Callable[[str, str], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_CONTAINER = "@container"


class TagCondition:
    """A condition that was read.

    Attributes:
        keys: the tags that it names, in their order.
        container: the container that it names; empty if it names none.

    Raises:
        BlobError: 400 if it cannot be read.
    """

    def __init__(self, text: str) -> None:
        self.keys: list[str] = []
        self.container = ""
        self._ways: list[list[tuple[str, str, str]]] = [[]]
        end = 0
        while True:
            match = _TERM.match(text, end)
            if match is None:
                raise BlobError(ErrorCode.INVALID_QUERY, f"the condition on tags cannot be read: {text[:200]}")
            self._add(match["quoted"] or match["plain"], match["sign"], match["value"])
            if not match["word"]:
                return
            if match["word"].upper() == "OR":
                self._ways.append([])
            end = match.end()

    def _add(self, key: str, sign: str, value: str) -> None:
        if key == _CONTAINER:
            self.container = value
            return
        self._ways[-1].append((key, sign, value))
        if key not in self.keys:
            self.keys.append(key)

    def holds(self, tags: Mapping[str, str]) -> bool:
        """Whether a blob with these tags fulfils it. A tag that is missing fulfils nothing."""
        return any(
            all(key in tags and _SIGNS[sign](tags[key], value) for key, sign, value in terms) for terms in self._ways
        )
