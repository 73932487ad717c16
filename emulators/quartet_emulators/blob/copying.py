"""Copies within the account: Copy Blob, Copy Blob From URL, Put Blob From URL, Put Block From URL.

Every copy is complete when its request is answered, as it mostly is in one account of the service. Other servers
are not asked: their blobs are refused.
"""

import uuid
from dataclasses import replace

from aiohttp import web

from quartet_emulators.blob.blobs import ENCRYPTED, byte_range, md5, stored_headers
from quartet_emulators.blob.blocks import stage
from quartet_emulators.blob.call import Call, version_headers
from quartet_emulators.blob.dates import http_date
from quartet_emulators.blob.errors import BlobError, ErrorCode
from quartet_emulators.blob.named_blob import existing_blob, new_version
from quartet_emulators.blob.records import Blob
from quartet_emulators.blob.source import Source, copies_tags, find_source

_DONE = "success"


def copy_blob(call: Call) -> web.Response:
    """Copy Blob and, with `x-ms-requires-sync`, Copy Blob From URL: 202 with a copy that is complete."""
    is_sync = call.headers.get("x-ms-requires-sync", "").lower() == "true"
    source = find_source(call, with_own_rights=not is_sync)
    content = call.store.content(source.blob)
    if is_sync:
        _check_md5(call, content)
    blob = replace(_copy_of(call, source), properties=source.blob.properties, blocks=source.blob.blocks)
    copy = {
        "x-ms-copy-id": str(uuid.uuid4()),
        "x-ms-copy-source": source.shown_url,
        "x-ms-copy-status": _DONE,
        "x-ms-copy-progress": f"{blob.size}/{blob.size}",
        "x-ms-copy-completion-time": http_date(call.now),
    }
    call.store.write_blob(replace(blob, copy=copy), content)
    headers = version_headers(blob.etag, blob.modified) | {"x-ms-copy-id": copy["x-ms-copy-id"]}
    return web.Response(status=202, headers=headers | {"x-ms-copy-status": _DONE})


def put_blob_from_url(call: Call) -> web.Response:
    """Put Blob From URL: 201; the properties are the source's, unless the request has its own or wants none of them."""
    source = find_source(call)
    content = call.store.content(source.blob)
    digest = _check_md5(call, content)
    kept = call.headers.get("x-ms-copy-source-blob-properties", "true").lower() == "true"
    properties = source.blob.properties if kept else {"Content-Type": "application/octet-stream"}
    blob = replace(_copy_of(call, source), properties=properties | stored_headers(call.headers, plain=False))
    call.store.write_blob(blob, content)
    headers = version_headers(blob.etag, blob.modified) | ENCRYPTED | {"Content-MD5": digest}
    return web.Response(status=201, headers=headers)


def put_block_from_url(call: Call) -> web.Response:
    """Put Block From URL: 201; the block is the source's bytes in `x-ms-source-range`, or all of them."""
    source = find_source(call)
    asked = call.headers.get("x-ms-source-range")
    start, length = (0, source.blob.size) if asked is None else byte_range(asked, source.blob.size, None)
    content = call.store.content(source.blob, start, length)
    digest = _check_md5(call, content)
    stage(call, content)
    return web.Response(status=201, headers=ENCRYPTED | {"Content-MD5": digest})


def abort_copy(call: Call) -> web.Response:
    """Abort Copy Blob: 409, as no copy is ever pending."""
    existing_blob(call)
    raise BlobError(ErrorCode.NO_PENDING_COPY)


def _copy_of(call: Call, source: Source) -> Blob:
    """The new blob, with the source's metadata and tags where the request has none of its own."""
    blob = new_version(call, source.blob.size, {}, [])
    has_metadata = any(name.lower().startswith("x-ms-meta-") for name in call.headers)
    return replace(
        blob,
        metadata=blob.metadata if has_metadata else source.blob.metadata,
        tags=source.blob.tags if copies_tags(call.headers) else blob.tags,
    )


def _check_md5(call: Call, content: bytes) -> str:
    digest = md5(content)
    if call.headers.get("x-ms-source-content-md5", digest) != digest:
        raise BlobError(ErrorCode.MD5_MISMATCH)
    return digest
