"""Content types, as far as the reading of an event depends on them."""

import re
from typing import Final, NamedTuple

from quartet.events.text import NONCHARACTERS

_CHARSET = re.compile(r';\s*charset\s*=\s*"?([^";\s]+)', re.IGNORECASE)
_UTF_8 = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_NAME: Final = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
JSON_TYPE_PATTERN: Final = (
    rf"^ *{_NAME}/({_NAME}\+)?[Jj][Ss][Oo][Nn] *(;[^\u0000-\u001f\u007f-\u009f{NONCHARACTERS}]*)?$"
)
"""A content type that declares JSON, as the JSON event format says: `*/json` or `*/*+json`, with any parameters."""
_JSON_TYPE = re.compile(JSON_TYPE_PATTERN.rstrip("$") + r"\Z")


class MediaType(NamedTuple):
    """A content type.

    Attributes:
        essence: The type without its parameters, in lower case: `application/json`.
        charset: Its charset in lower case, if it names one.
    """

    essence: str
    charset: str | None

    @property
    def is_utf_8(self) -> bool:
        """Whether its text is UTF-8; without a charset it is, as JSON is."""
        return self.charset is None or self.charset in _UTF_8


def declares_json(text: str) -> bool:
    """Whether a content type declares JSON, see `JSON_TYPE_PATTERN`."""
    return _JSON_TYPE.match(text) is not None


def media_type(text: str) -> MediaType:
    """Read a content type such as `application/json; charset=utf-8`."""
    charset = _CHARSET.search(text)
    return MediaType(text.partition(";")[0].strip().lower(), charset[1].lower() if charset else None)
