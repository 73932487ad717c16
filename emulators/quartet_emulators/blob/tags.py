"""Tags of blobs: their forms and their limits."""

import re
from collections.abc import Mapping
from urllib.parse import unquote_plus
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from quartet_emulators.blob.errors import BlobError, ErrorCode

_MOST = 10
_KEY = re.compile(r"[A-Za-z0-9 +\-./:=_]{1,128}\Z")
_VALUE = re.compile(r"[A-Za-z0-9 +\-./:=_]{0,256}\Z")


def tags_of(headers: Mapping[str, str]) -> dict[str, str]:
    """The tags in the header `x-ms-tags`, which is written as a query is.

    Raises:
        BlobError: 400 if they are not what a blob may have.
    """
    pairs = [pair.partition("=") for pair in headers.get("x-ms-tags", "").split("&") if pair]
    return _checked([(unquote_plus(key), unquote_plus(value)) for key, _, value in pairs])


def tags_xml(tags: Mapping[str, str]) -> str:
    """Tags as an element."""
    items = "".join(f"<Tag><Key>{escape(key)}</Key><Value>{escape(value)}</Value></Tag>" for key, value in tags.items())
    return f"<Tags><TagSet>{items}</TagSet></Tags>"


def read_tags_xml(body: bytes) -> dict[str, str]:
    """The tags in the document that `tags_xml` writes.

    Raises:
        BlobError: 400 if it is none, or they are not what a blob may have.
    """
    try:
        # The caller holds the account's key, and expat bounds what entities may expand to.
        root = ET.fromstring(body)  # noqa: S314
    except ET.ParseError as error:
        raise BlobError(ErrorCode.INVALID_XML, str(error)) from None
    pairs = [(tag.findtext("Key") or "", tag.findtext("Value") or "") for tag in root.iterfind("TagSet/Tag")]
    if root.tag != "Tags" or root.find("TagSet") is None:
        raise BlobError(ErrorCode.INVALID_XML, "expected Tags with a TagSet")
    return _checked(pairs)


def _checked(pairs: list[tuple[str, str]]) -> dict[str, str]:
    if len(pairs) > _MOST:
        raise BlobError(ErrorCode.TAGS_TOO_LARGE, f"a blob has at most {_MOST} tags")
    for key, value in pairs:
        if not _KEY.match(key) or not _VALUE.match(value):
            raise BlobError(ErrorCode.INVALID_TAG, f"{key[:130]}={value[:260]}")
    tags = dict(pairs)
    if len(tags) < len(pairs):
        raise BlobError(ErrorCode.INVALID_TAG, "a key is there twice")
    return dict(sorted(tags.items()))
