"""Operations on containers, after "Operations on containers" of the REST documentation."""

from dataclasses import replace

from aiohttp import web

from quartet_emulators.blob import lease
from quartet_emulators.blob.call import Call, metadata_headers, metadata_of, version_headers
from quartet_emulators.blob.conditions import check_write
from quartet_emulators.blob.errors import BlobError, ErrorCode
from quartet_emulators.blob.records import Container, new_etag

STATE_HEADERS = {
    "x-ms-has-immutability-policy": "false",
    "x-ms-has-legal-hold": "false",
    "x-ms-immutable-storage-with-versioning-enabled": "false",
}


def existing_container(call: Call) -> Container:
    """The container that the path names.

    Raises:
        BlobError: 404 if there is none.
    """
    container = call.store.container(call.target.container)
    if container is None:
        raise BlobError(ErrorCode.CONTAINER_NOT_FOUND)
    return container


def get_account_information(_call: Call) -> web.Response:
    """Get Account Information: 200, all in headers; it may be asked of the account, a container or a blob."""
    kind = {"x-ms-sku-name": "Standard_LRS", "x-ms-account-kind": "StorageV2", "x-ms-is-hns-enabled": "false"}
    return web.Response(headers=kind)


def create_container(call: Call) -> web.Response:
    """Create Container: 201, or 409 if it exists."""
    if "x-ms-blob-public-access" in call.headers:
        raise BlobError(ErrorCode.PUBLIC_ACCESS_NOT_PERMITTED)
    if call.store.container(call.target.container) is not None:
        raise BlobError(ErrorCode.CONTAINER_ALREADY_EXISTS)
    container = Container(call.target.container, new_etag(), call.now, metadata_of(call.headers))
    call.store.save_container(container)
    return web.Response(status=201, headers=version_headers(container.etag, container.modified))


def get_container_properties(call: Call) -> web.Response:
    """Get Container Properties and Get Container Metadata: 200, all in headers."""
    container = existing_container(call)
    lease.check_read(call.headers, container.lease, call.now, "container")
    headers = version_headers(container.etag, container.modified) | metadata_headers(container.metadata)
    return web.Response(headers=headers | container.lease.headers(call.now) | STATE_HEADERS)


def set_container_metadata(call: Call) -> web.Response:
    """Set Container Metadata: 200; it replaces the earlier metadata."""
    container = existing_container(call)
    check_write(call.headers, container.etag, container.modified)
    lease.check_read(call.headers, container.lease, call.now, "container")
    changed = replace(container, etag=new_etag(), modified=call.now, metadata=metadata_of(call.headers))
    call.store.save_container(changed)
    return web.Response(headers=version_headers(changed.etag, changed.modified))


def delete_container(call: Call) -> web.Response:
    """Delete Container: 202, with all its blobs, immediately (the service keeps the name for a while)."""
    container = existing_container(call)
    check_write(call.headers, container.etag, container.modified)
    lease.check_write(call.headers, container.lease, call.now, "container")
    call.store.remove_container(container.name)
    return web.Response(status=202)
