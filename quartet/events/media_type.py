"""Content types, as far as the reading of an event depends on them."""

import re
from typing import NamedTuple

_CHARSET = re.compile(r';\s*charset\s*=\s*"?([^";\s]+)', re.IGNORECASE)
_UTF_8 = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_JSON = re.compile(r"[^/\s]+/([^/\s]+\+)?json")


class MediaType(NamedTuple):
    """A content type.

    Attributes:
        essence: The type without its parameters, in lower case: `application/json`.
        charset: Its charset in lower case, if it names one.
    """

    essence: str
    charset: str | None

    @property
    def is_json(self) -> bool:
        """Whether it declares JSON, as the JSON event format says: `*/json` or `*/*+json`."""
        return _JSON.fullmatch(self.essence) is not None

    @property
    def is_utf_8(self) -> bool:
        """Whether its text is UTF-8; without a charset it is, as JSON is."""
        return self.charset is None or self.charset in _UTF_8


def media_type(text: str) -> MediaType:
    """Read a content type such as `application/json; charset=utf-8`."""
    charset = _CHARSET.search(text)
    return MediaType(text.partition(";")[0].strip().lower(), charset[1].lower() if charset else None)
