"""Operations on block blobs, after "Operations on blobs" of the REST documentation."""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from quartet_emulators.blob.call import Call, metadata_headers, metadata_of, version_headers
from quartet_emulators.blob.dates import http_date
from quartet_emulators.blob.errors import BlobError, ErrorCode
from quartet_emulators.blob.named_blob import changeable_blob, new_version, readable_blob
from quartet_emulators.blob.records import Blob, new_etag
from quartet_emulators.blob.signatures import overridden

STORED_HEADERS = (
    "Content-Type",
    "Content-Encoding",
    "Content-Language",
    "Content-Disposition",
    "Cache-Control",
)
ENCRYPTED = {"x-ms-request-server-encrypted": "true"}
RANGE = re.compile(r"bytes=(\d+)-(\d*)\Z")
MD5 = re.compile(r"[A-Za-z0-9+/]{22}==\Z")
RANGE_MD5_LIMIT = 4 * 1024 * 1024  # the service hashes no longer range on demand


def md5(content: bytes) -> str:
    """The MD5 of bytes in base64, as HTTP carries it."""
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


def check_transfer(call: Call) -> str:
    """The MD5 of the body, after it was compared with the one that the client sent.

    Raises:
        BlobError: 400 if they differ, or the client's is none.
    """
    actual = md5(call.body)
    expected = call.headers.get("Content-MD5")
    if expected is not None and not MD5.match(expected):
        raise BlobError(ErrorCode.INVALID_MD5, "Content-MD5 is not the base64 of 16 bytes")
    if expected is not None and expected != actual:
        raise BlobError(ErrorCode.MD5_MISMATCH)
    return actual


def stored_headers(headers: Mapping[str, str], *, plain: bool) -> dict[str, str]:
    """The headers to keep with a blob: `x-ms-blob-NAME`, or with `plain` also the request's own `NAME`.

    Raises:
        BlobError: 400 if a value is not ASCII.
    """
    kept = {}
    for name in (*STORED_HEADERS, "Content-MD5"):
        value = headers.get("x-ms-blob-" + name) or (plain and name in STORED_HEADERS and headers.get(name))
        if value and not value.isascii():
            raise BlobError(ErrorCode.INVALID_HEADER_VALUE, name)
        if value:
            kept[name] = value
    return kept


def put_blob(call: Call) -> web.Response:
    """Put Blob: 201 with the new version; block blobs only."""
    kind = call.headers.get("x-ms-blob-type")
    if kind is None:
        raise BlobError(ErrorCode.MISSING_HEADER, "x-ms-blob-type")
    if kind != "BlockBlob":
        raise BlobError(ErrorCode.NOT_IMPLEMENTED, f"blobs of type {kind!r} are not supported")
    digest = check_transfer(call)
    properties = {"Content-Type": "application/octet-stream"} | stored_headers(call.headers, plain=True)
    if properties.setdefault("Content-MD5", digest) != digest:
        raise BlobError(ErrorCode.MD5_MISMATCH)
    blob = new_version(call, len(call.body), properties, [])
    call.store.write_blob(blob, call.body)
    headers = version_headers(blob.etag, blob.modified) | ENCRYPTED | {"Content-MD5": digest}
    return web.Response(status=201, headers=headers)


def get_blob(call: Call) -> web.Response:
    """Get Blob: 200, or 206 for a range."""
    blob = readable_blob(call)
    headers = blob_headers(blob, call.now) | overridden(call.query)
    asked = call.headers.get("x-ms-range") or call.headers.get("Range")
    wants_md5 = call.headers.get("x-ms-range-get-content-md5", "").lower() == "true"
    if asked is None:
        return web.Response(body=call.store.content(blob), headers=headers)
    start, length = byte_range(asked, blob.size, RANGE_MD5_LIMIT if wants_md5 else None)
    content = call.store.content(blob, start, length)
    headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{blob.size}"
    whole = headers.pop("Content-MD5", None)
    if whole is not None:
        headers["x-ms-blob-content-md5"] = whole
    if wants_md5:
        headers["Content-MD5"] = md5(content)
    return web.Response(status=206, body=content, headers=headers)


def get_blob_properties(call: Call) -> web.Response:
    """Get Blob Properties: what Get Blob says, without the bytes."""
    blob = readable_blob(call)
    return web.Response(
        headers=blob_headers(blob, call.now) | overridden(call.query) | {"Content-Length": str(blob.size)}
    )


def get_blob_metadata(call: Call) -> web.Response:
    """Get Blob Metadata: 200, all in headers."""
    blob = readable_blob(call)
    return web.Response(headers=version_headers(blob.etag, blob.modified) | metadata_headers(blob.metadata))


def set_blob_metadata(call: Call) -> web.Response:
    """Set Blob Metadata: 200; it replaces the earlier metadata. This is how a checkpoint is written."""
    blob = changeable_blob(call)
    changed = replace(blob, etag=new_etag(), modified=call.now, metadata=metadata_of(call.headers))
    call.store.save_blob(changed)
    return web.Response(headers=version_headers(changed.etag, changed.modified) | ENCRYPTED)


def set_blob_properties(call: Call) -> web.Response:
    """Set Blob Properties: 200; a header that is not given is cleared."""
    blob = changeable_blob(call)
    changed = replace(blob, etag=new_etag(), modified=call.now, properties=stored_headers(call.headers, plain=False))
    call.store.save_blob(changed)
    return web.Response(headers=version_headers(changed.etag, changed.modified))


def delete_blob(call: Call) -> web.Response:
    """Delete Blob: 202. There are no snapshots, so what the request says about them is ignored."""
    blob = changeable_blob(call)
    call.store.remove_blob(blob)
    return web.Response(status=202, headers={"x-ms-delete-type-permanent": "true"})


def blob_headers(blob: Blob, now: float) -> dict[str, str]:
    """All that Get Blob and Get Blob Properties say about a blob."""
    return (
        version_headers(blob.etag, blob.modified)
        | blob.properties
        | metadata_headers(blob.metadata)
        | blob.lease.headers(now)
        | blob.copy
        | ({"x-ms-tag-count": str(len(blob.tags))} if blob.tags else {})
        | {
            "x-ms-blob-type": "BlockBlob",
            "x-ms-access-tier": "Hot",
            "x-ms-access-tier-inferred": "true",
            "x-ms-creation-time": http_date(blob.created),
            "x-ms-server-encrypted": "true",
            "Accept-Ranges": "bytes",
        }
    )


def byte_range(text: str, size: int, limit: int | None) -> tuple[int, int]:
    """Where a range begins in a blob of this size, and how many of its bytes are there.

    Raises:
        BlobError: 416 if it begins behind the end, 400 if it is none or has more than ``limit`` bytes.
    """
    match = RANGE.match(text.strip())
    if match is None:
        raise BlobError(ErrorCode.INVALID_HEADER_VALUE, f"range {text!r}")
    start = int(match[1])
    end = min(int(match[2]), size - 1) if match[2] else size - 1
    if start >= size or end < start:
        raise BlobError(ErrorCode.INVALID_RANGE, headers={"Content-Range": f"bytes */{size}"})
    length = end - start + 1
    if limit is not None and length > limit:
        raise BlobError(ErrorCode.OUT_OF_RANGE_QUERY, "an MD5 is computed for at most 4 MiB")
    return start, length
