"""Pages of lists: what a request asks for, and the document that answers it."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote
from xml.sax.saxutils import escape

from aiohttp import web

from quartet_emulators.blob.errors import BlobError, ErrorCode

PAGE_LIMIT = 5000
NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Page:
    """What a list request asks for.

    Attributes:
        start: the first name that may be on the page.
        include: what is said of each name besides its properties.
    """

    prefix: str
    marker: str
    start: str
    limit: int
    asked_limit: str
    include: frozenset[str]


def read_page(query: Mapping[str, str], includable: set[str]) -> Page:
    """The page that a query asks for; `include` may name what is `includable` only.

    Raises:
        BlobError: 400 for a value that cannot be, 501 for what is not supported.
    """
    asked_limit = query.get("maxresults", "")
    if asked_limit and not asked_limit.isdecimal():
        raise BlobError(ErrorCode.INVALID_QUERY, f"maxresults {asked_limit!r}")
    if asked_limit and int(asked_limit) == 0:
        raise BlobError(ErrorCode.OUT_OF_RANGE_QUERY, "maxresults must be at least 1")
    include = set(filter(None, query.get("include", "").lower().split(",")))
    unknown = include - includable
    if unknown:
        raise BlobError(ErrorCode.NOT_IMPLEMENTED, f"include={','.join(sorted(unknown))} is not supported")
    prefix, marker = query.get("prefix", ""), query.get("marker", "")
    return Page(
        prefix=prefix,
        marker=marker,
        start=max(prefix, _name_of(marker)),
        limit=min(int(asked_limit or PAGE_LIMIT), PAGE_LIMIT),
        asked_limit=asked_limit,
        include=frozenset(include),
    )


def _marker_of(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _name_of(marker: str) -> str:
    try:
        return base64.b64decode(marker, altchars=b"-_", validate=True).decode()
    except ValueError:  # not ASCII, not base64, or not UTF-8
        raise BlobError(ErrorCode.INVALID_QUERY, f"marker {marker!r} is none of this server's") from None


def answer_page(attributes: str, page: Page, delimiter: str, body: str, next_name: str) -> web.Response:
    """200 with the page in XML; `next_name` is the first name of the next one, empty if there is none."""
    echo = {
        "Prefix": page.prefix,
        "Marker": page.marker,
        "MaxResults": page.asked_limit,
        "Delimiter": delimiter,
    }
    document = (
        f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults {attributes}>'
        + "".join(
            f"<{name}>{escape(value)}</{name}>" for name, value in echo.items() if value and not NOT_XML.search(value)
        )
        + body
        + f"<NextMarker>{_marker_of(next_name)}</NextMarker></EnumerationResults>"
    )
    return web.Response(body=document.encode(), headers={"Content-Type": "application/xml"})


def name_xml(name: str) -> str:
    """A name as an element."""
    if NOT_XML.search(name):  # XML cannot hold these characters: such a name is percent-encoded and marked so
        return f'<Name Encoded="true">{quote(name)}</Name>'
    return f"<Name>{escape(name)}</Name>"
