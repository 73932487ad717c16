"""List Containers and List Blobs: prefix, delimiter, pages, metadata."""

from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape, quoteattr

from aiohttp import web

from quartet_emulators.blob.call import Call
from quartet_emulators.blob.containers import existing_container
from quartet_emulators.blob.dates import http_date
from quartet_emulators.blob.pages import Page, answer_page, name_xml, read_page
from quartet_emulators.blob.records import Blob, Container
from quartet_emulators.blob.store import BlobStore
from quartet_emulators.blob.tags import tags_xml

# All but the first three may be asked for and are never there, so that leaving them out is the true answer.
INCLUDABLE = {"metadata", "tags", "copy", "deleted", "deletedwithversions", "immutabilitypolicy", "legalhold"} | {
    "snapshots",
    "system",
    "versions",
}
LAST_CODE_POINT = 0x10FFFF
SURROGATES = range(0xD800, 0xE000)


def list_containers(call: Call) -> web.Response:
    """List Containers: 200 with a page in XML."""
    page = read_page(call.query, INCLUDABLE)
    items: list[str] = []
    next_name = ""
    for container in call.store.containers(page.start):
        if not container.name.startswith(page.prefix):
            break
        if len(items) == page.limit:
            next_name = container.name
            break
        items.append(_container_xml(container, call.now, page.include))
    body = f"<Containers>{''.join(items)}</Containers>"
    return answer_page(f"ServiceEndpoint={quoteattr(call.base_url + '/')}", page, "", body, next_name)


def list_blobs(call: Call) -> web.Response:
    """List Blobs: 200 with a page in XML; with a delimiter, names alike up to it are one prefix."""
    container = existing_container(call)
    page = read_page(call.query, INCLUDABLE)
    delimiter = call.query.get("delimiter", "")
    items: list[str] = []
    next_name = ""
    for entry in _entries(call.store, container.name, page, delimiter):
        if len(items) == page.limit:
            next_name = entry if isinstance(entry, str) else entry.name
            break
        if isinstance(entry, str):
            items.append(f"<BlobPrefix>{name_xml(entry)}</BlobPrefix>")
        else:
            items.append(_blob_xml(entry, call.now, page.include))
    attributes = f"ServiceEndpoint={quoteattr(call.base_url + '/')} ContainerName={quoteattr(container.name)}"
    return answer_page(attributes, page, delimiter, f"<Blobs>{''.join(items)}</Blobs>", next_name)


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


def _container_xml(container: Container, now: float, include: frozenset[str]) -> str:
    return (
        f"<Container><Name>{container.name}</Name><Properties>"
        f"{_version_xml(container.etag, container.modified)}"
        f"{container.lease.xml(now)}"
        "<HasImmutabilityPolicy>false</HasImmutabilityPolicy><HasLegalHold>false</HasLegalHold>"
        "<ImmutableStorageWithVersioningEnabled>false</ImmutableStorageWithVersioningEnabled></Properties>"
        f"{_metadata_xml(container.metadata) if 'metadata' in include else ''}</Container>"
    )


def _blob_xml(blob: Blob, now: float, include: frozenset[str]) -> str:
    stored = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in blob.properties.items())
    return (
        f"<Blob>{name_xml(blob.name)}<Properties><Creation-Time>{http_date(blob.created)}</Creation-Time>"
        f"{_version_xml(blob.etag, blob.modified)}<Content-Length>{blob.size}</Content-Length>{stored}"
        f"<BlobType>BlockBlob</BlobType>{blob.lease.xml(now)}"
        "<AccessTier>Hot</AccessTier><AccessTierInferred>true</AccessTierInferred>"
        f"{_copy_xml(blob.copy) if 'copy' in include else ''}"
        f"{f'<TagCount>{len(blob.tags)}</TagCount>' if blob.tags else ''}"
        "<ServerEncrypted>true</ServerEncrypted></Properties>"
        f"{_metadata_xml(blob.metadata) if 'metadata' in include else ''}"
        f"{tags_xml(blob.tags) if 'tags' in include and blob.tags else ''}</Blob>"
    )


def _copy_xml(copy: Mapping[str, str]) -> str:
    """The headers of a copy as elements: `x-ms-copy-id` as `CopyId`."""
    named = {"".join(part.capitalize() for part in name.split("-")[2:]): value for name, value in copy.items()}
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in named.items())


def _version_xml(etag: str, modified: float) -> str:
    return f"<Last-Modified>{http_date(modified)}</Last-Modified><Etag>{etag}</Etag>"


def _metadata_xml(metadata: Mapping[str, str]) -> str:
    items = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in metadata.items())
    return f"<Metadata>{items}</Metadata>"
