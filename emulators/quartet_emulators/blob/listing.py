"""List Containers and List Blobs: prefix, delimiter, pages, metadata."""

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from aiohttp import web

from quartet_emulators.blob.call import Call
from quartet_emulators.blob.containers import existing_container
from quartet_emulators.blob.dates import http_date
from quartet_emulators.blob.errors import BlobError, ErrorCode
from quartet_emulators.blob.records import Blob, Container
from quartet_emulators.blob.store import BlobStore

PAGE_LIMIT = 5000
# What may be asked for and is never there, so that leaving it out is the true answer.
NEVER_PRESENT = {"copy", "deleted", "deletedwithversions", "immutabilitypolicy", "legalhold", "snapshots"} | {
    "system",
    "tags",
    "versions",
}
NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
LAST_CODE_POINT = 0x10FFFF
SURROGATES = range(0xD800, 0xE000)


@dataclass(frozen=True, slots=True)
class Page:
    """What a list request asks for; `start` is the first name that may be on the page."""

    prefix: str
    marker: str
    start: str
    limit: int
    asked_limit: str
    with_metadata: bool


def list_containers(call: Call) -> web.Response:
    """List Containers: 200 with a page in XML."""
    page = _page(call.query)
    items: list[str] = []
    next_name = ""
    for container in call.store.containers(page.start):
        if not container.name.startswith(page.prefix):
            break
        if len(items) == page.limit:
            next_name = container.name
            break
        items.append(_container_xml(container, call.now, with_metadata=page.with_metadata))
    body = f"<Containers>{''.join(items)}</Containers>"
    return _answer(f"ServiceEndpoint={quoteattr(call.base_url + '/')}", page, "", body, next_name)


def list_blobs(call: Call) -> web.Response:
    """List Blobs: 200 with a page in XML; with a delimiter, names alike up to it are one prefix."""
    container = existing_container(call)
    page = _page(call.query)
    delimiter = call.query.get("delimiter", "")
    items: list[str] = []
    next_name = ""
    for entry in _entries(call.store, container.name, page, delimiter):
        if len(items) == page.limit:
            next_name = entry if isinstance(entry, str) else entry.name
            break
        if isinstance(entry, str):
            items.append(f"<BlobPrefix>{_name_xml(entry)}</BlobPrefix>")
        else:
            items.append(_blob_xml(entry, call.now, with_metadata=page.with_metadata))
    attributes = f"ServiceEndpoint={quoteattr(call.base_url + '/')} ContainerName={quoteattr(container.name)}"
    return _answer(attributes, page, delimiter, f"<Blobs>{''.join(items)}</Blobs>", next_name)


def _entries(store: BlobStore, container: str, page: Page, delimiter: str) -> Iterator[Blob | str]:
    """Blobs and common prefixes in the order of their names."""
    start: str | None = page.start
    while start is not None:
        blobs, start = store.blobs(container, start), None
        for blob in blobs:
            if not blob.name.startswith(page.prefix):
                return
            head, found, _ = blob.name[len(page.prefix) :].partition(delimiter) if delimiter else ("", "", "")
            if not found:
                yield blob
                continue
            common = page.prefix + head + delimiter
            yield common
            start = _after(common)
            break


def _after(prefix: str) -> str | None:
    """The least text that is greater than all that begin with `prefix`; None if there is none."""
    for end in range(len(prefix) - 1, -1, -1):
        code = ord(prefix[end]) + 1
        if code <= LAST_CODE_POINT:
            return prefix[:end] + chr(SURROGATES.stop if code in SURROGATES else code)
    return None


def _page(query: Mapping[str, str]) -> Page:
    asked_limit = query.get("maxresults", "")
    if asked_limit and not asked_limit.isdecimal():
        raise BlobError(ErrorCode.INVALID_QUERY, f"maxresults {asked_limit!r}")
    if asked_limit and int(asked_limit) == 0:
        raise BlobError(ErrorCode.OUT_OF_RANGE_QUERY, "maxresults must be at least 1")
    include = set(filter(None, query.get("include", "").lower().split(",")))
    unknown = include - NEVER_PRESENT - {"metadata"}
    if unknown:
        raise BlobError(ErrorCode.NOT_IMPLEMENTED, f"include={','.join(sorted(unknown))} is not supported")
    prefix, marker = query.get("prefix", ""), query.get("marker", "")
    return Page(
        prefix=prefix,
        marker=marker,
        start=max(prefix, _name_of(marker)),
        limit=min(int(asked_limit or PAGE_LIMIT), PAGE_LIMIT),
        asked_limit=asked_limit,
        with_metadata="metadata" in include,
    )


def _marker_of(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _name_of(marker: str) -> str:
    try:
        return base64.b64decode(marker, altchars=b"-_", validate=True).decode()
    except ValueError:  # not ASCII, not base64, or not UTF-8
        raise BlobError(ErrorCode.INVALID_QUERY, f"marker {marker!r} is none of this server's") from None


def _answer(attributes: str, page: Page, delimiter: str, body: str, next_name: str) -> web.Response:
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


def _container_xml(container: Container, now: float, *, with_metadata: bool) -> str:
    return (
        f"<Container><Name>{container.name}</Name><Properties>"
        f"{_version_xml(container.etag, container.modified)}"
        f"{container.lease.xml(now)}"
        "<HasImmutabilityPolicy>false</HasImmutabilityPolicy><HasLegalHold>false</HasLegalHold></Properties>"
        f"{_metadata_xml(container.metadata) if with_metadata else ''}</Container>"
    )


def _blob_xml(blob: Blob, now: float, *, with_metadata: bool) -> str:
    stored = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in blob.properties.items())
    return (
        f"<Blob>{_name_xml(blob.name)}<Properties><Creation-Time>{http_date(blob.created)}</Creation-Time>"
        f"{_version_xml(blob.etag, blob.modified)}<Content-Length>{blob.size}</Content-Length>{stored}"
        f"<BlobType>BlockBlob</BlobType>{blob.lease.xml(now)}"
        "<ServerEncrypted>true</ServerEncrypted></Properties>"
        f"{_metadata_xml(blob.metadata) if with_metadata else ''}</Blob>"
    )


def _version_xml(etag: str, modified: float) -> str:
    return f"<Last-Modified>{http_date(modified)}</Last-Modified><Etag>{etag}</Etag>"


def _metadata_xml(metadata: Mapping[str, str]) -> str:
    items = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in metadata.items())
    return f"<Metadata>{items}</Metadata>"


def _name_xml(name: str) -> str:
    if NOT_XML.search(name):  # XML cannot hold these characters: such a name is percent-encoded and marked so
        return f'<Name Encoded="true">{quote(name)}</Name>'
    return f"<Name>{escape(name)}</Name>"
