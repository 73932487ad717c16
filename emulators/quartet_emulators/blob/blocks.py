"""Blobs written in blocks: Put Block, Put Block List, Get Block List."""

import base64
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from aiohttp import web

from quartet_emulators.blob import lease
from quartet_emulators.blob.blobs import ENCRYPTED, check_transfer, stored_headers
from quartet_emulators.blob.call import Call, version_headers
from quartet_emulators.blob.conditions import check_tags
from quartet_emulators.blob.containers import existing_container
from quartet_emulators.blob.errors import BlobError, ErrorCode
from quartet_emulators.blob.named_blob import existing_blob, new_version
from quartet_emulators.blob.records import Blob

BLOCK_ID_LIMIT = 64  # bytes before base64
SIZE_LIMIT = 256 * 1024 * 1024  # bytes of a blob; the service takes more, this is what one process holds well


def put_block(call: Call) -> web.Response:
    """Put Block: 201; the block waits until the block list names it."""
    digest = check_transfer(call)
    stage(call, call.body)
    return web.Response(status=201, headers=ENCRYPTED | {"Content-MD5": digest})


def stage(call: Call, content: bytes) -> None:
    """Keep a block under the id that the request names, until the block list names it.

    Raises:
        BlobError: 404 without the container, 400 for an id that cannot be, 412 by the lease.
    """
    existing_container(call)
    block_id = call.query.get("blockid", "")
    if not _is_block_id(block_id):
        raise BlobError(ErrorCode.INVALID_QUERY, "blockid must be base64 of 1 to 64 bytes")
    staged = call.store.staged_blocks(call.target.container, call.target.blob)
    if staged and len(block_id) != len(next(iter(staged))):
        raise BlobError(ErrorCode.INVALID_BLOB_OR_BLOCK, "all block ids of a blob must have the same length")
    committed = call.store.blob(call.target.container, call.target.blob)
    lease.check_write(call.headers, committed.lease if committed else lease.NO_LEASE, call.now)
    call.store.stage_block(call.target.container, call.target.blob, block_id, content)


def put_block_list(call: Call) -> web.Response:
    """Put Block List: 201; the blob is the named blocks in their order."""
    digest = check_transfer(call)
    existing_container(call)
    old = call.store.blob(call.target.container, call.target.blob)
    committed = _contents(call, old) if old else {}
    parts = [(block_id, _content(call, kind, block_id, committed)) for kind, block_id in _block_list(call.body)]
    content = b"".join(part for _, part in parts)
    if len(content) > SIZE_LIMIT:
        raise BlobError(ErrorCode.REQUEST_BODY_TOO_LARGE, "this emulator keeps blobs of up to 256 MiB")
    properties = {"Content-Type": "application/octet-stream"} | stored_headers(call.headers, plain=False)
    blob = new_version(call, len(content), properties, [(block_id, len(part)) for block_id, part in parts])
    call.store.write_blob(blob, content)
    headers = version_headers(blob.etag, blob.modified) | ENCRYPTED | {"Content-MD5": digest}
    return web.Response(status=201, headers=headers)


def get_block_list(call: Call) -> web.Response:
    """Get Block List: 200 with the committed blocks, the staged ones, or all."""
    wanted = call.query.get("blocklisttype", "committed").lower()
    if wanted not in {"committed", "uncommitted", "all"}:
        raise BlobError(ErrorCode.INVALID_QUERY, f"blocklisttype {wanted!r}")
    staged = list(call.store.staged_blocks(call.target.container, call.target.blob).items())
    blob = call.store.blob(call.target.container, call.target.blob)
    if blob is None and not staged:
        existing_blob(call)
    lease.check_read(call.headers, blob.lease if blob else lease.NO_LEASE, call.now)
    check_tags(call.headers, blob.tags if blob else {})
    headers = {"Content-Type": "application/xml", "x-ms-blob-content-length": str(blob.size if blob else 0)}
    if blob:
        headers |= version_headers(blob.etag, blob.modified)
    document = '<?xml version="1.0" encoding="utf-8"?><BlockList>'
    if wanted != "uncommitted":
        document += _section("CommittedBlocks", blob.blocks if blob else [])
    if wanted != "committed":
        document += _section("UncommittedBlocks", staged)
    return web.Response(body=(document + "</BlockList>").encode(), headers=headers)


def _is_block_id(text: str) -> bool:
    try:
        return 1 <= len(base64.b64decode(text, validate=True)) <= BLOCK_ID_LIMIT
    except ValueError:  # not ASCII, or not base64
        return False


def _block_list(body: bytes) -> list[tuple[str, str]]:
    try:
        # The caller holds the account's key, and expat bounds what entities may expand to.
        root = ET.fromstring(body)  # noqa: S314
    except ET.ParseError as error:
        raise BlobError(ErrorCode.INVALID_XML, str(error)) from None
    blocks = [(child.tag, (child.text or "").strip()) for child in root]
    if root.tag != "BlockList" or any(kind not in {"Committed", "Uncommitted", "Latest"} for kind, _ in blocks):
        raise BlobError(ErrorCode.INVALID_XML, "expected a BlockList of Committed, Uncommitted and Latest")
    return blocks


def _contents(call: Call, blob: Blob) -> dict[str, bytes]:
    """The committed blocks of a blob, cut out of its content."""
    blocks, offset = {}, 0
    for block_id, size in blob.blocks:
        blocks[block_id] = call.store.content(blob, offset, size)
        offset += size
    return blocks


def _content(call: Call, kind: str, block_id: str, committed: dict[str, bytes]) -> bytes:
    if kind != "Committed":
        try:
            return call.store.staged_content(call.target.container, call.target.blob, block_id)
        except KeyError:
            if kind == "Uncommitted":
                raise BlobError(ErrorCode.INVALID_BLOCK_LIST, f"block {block_id} is not staged") from None
    if block_id not in committed:
        raise BlobError(ErrorCode.INVALID_BLOCK_LIST, f"block {block_id} is unknown")
    return committed[block_id]


def _section(name: str, blocks: list[tuple[str, int]]) -> str:
    items = "".join(f"<Block><Name>{escape(block_id)}</Name><Size>{size}</Size></Block>" for block_id, size in blocks)
    return f"<{name}>{items}</{name}>"
