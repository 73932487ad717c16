"""The blob that a request names, if what the request says of it allows to read, change or replace it."""

from dataclasses import replace

from quartet_emulators.blob import lease
from quartet_emulators.blob.call import Call, metadata_of
from quartet_emulators.blob.conditions import check_put, check_read, check_tags, check_write
from quartet_emulators.blob.containers import existing_container
from quartet_emulators.blob.errors import BlobError, ErrorCode
from quartet_emulators.blob.records import Blob, new_etag
from quartet_emulators.blob.tags import tags_of


def existing_blob(call: Call) -> Blob:
    """The blob that the path names.

    Raises:
        BlobError: 404 if the container or the blob is missing.
    """
    blob = call.store.blob(call.target.container, call.target.blob)
    if blob is None:
        existing_container(call)
        raise BlobError(ErrorCode.BLOB_NOT_FOUND)
    return blob


def readable_blob(call: Call) -> Blob:
    """The blob that the path names, if the request's conditions and its lease allow to read it.

    Raises:
        BlobError: 404 if it is missing, 304 or 412 by the conditional headers, 412 by the lease.
    """
    blob = existing_blob(call)
    check_read(call.headers, blob.etag, blob.modified)
    lease.check_read(call.headers, blob.lease, call.now)
    check_tags(call.headers, blob.tags)
    return blob


def changeable_blob(call: Call) -> Blob:
    """The blob that the path names, if the request's conditions and its lease allow to change it.

    Raises:
        BlobError: 404 if it is missing, 412 by the conditional headers or the lease.
    """
    blob = existing_blob(call)
    check_write(call.headers, blob.etag, blob.modified)
    lease.check_write(call.headers, blob.lease, call.now)
    check_tags(call.headers, blob.tags)
    return replace(blob, lease=blob.lease.after_write(call.now))


def new_version(call: Call, size: int, properties: dict[str, str], blocks: list[tuple[str, int]]) -> Blob:
    """What a Put Blob or Put Block List makes of the named blob, if its conditions allow it.

    Raises:
        BlobError: 400 for metadata or tags that cannot be, 404 without the container, 409 or 412 by the conditional
            headers, 412 by the lease.
    """
    existing_container(call)
    old = call.store.blob(call.target.container, call.target.blob)
    held = old.lease if old else lease.NO_LEASE
    lease.check_write(call.headers, held, call.now)
    check_put(call.headers, (old.etag, old.modified) if old else None, has_lease=held.is_locked(call.now))
    check_tags(call.headers, old.tags if old else {})
    return Blob(
        container=call.target.container,
        name=call.target.blob,
        etag=new_etag(),
        created=old.created if old else call.now,
        modified=call.now,
        size=size,
        properties=properties,
        metadata=metadata_of(call.headers),
        blocks=blocks,
        lease=held.after_write(call.now),
        tags=tags_of(call.headers),
    )
