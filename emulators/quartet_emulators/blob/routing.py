"""Which operation a request asks for, and under which name it is counted."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from aiohttp import web

from quartet_emulators.blob import batch, blobs, blocks, containers, copying, leasing, listing, policies, tagging
from quartet_emulators.blob.call import Call, Target
from quartet_emulators.blob.errors import BlobError, ErrorCode

# Each of these asks for something that would silently not happen.
UNSUPPORTED_HEADERS = (
    "x-ms-access-tier",
    "x-ms-encryption-key",
    "x-ms-encryption-scope",
    "x-ms-immutability-policy-mode",
    "x-ms-legal-hold",
    "x-ms-structured-body",
    "x-ms-content-crc64",
)
UNSUPPORTED_QUERY = ("snapshot", "versionid", "deletetype")


class Operation(NamedTuple):
    """An operation of the service: the name it is counted under, and what does it."""

    name: str
    run: Callable[[Call], web.Response]


UNSUPPORTED_NAME = "unsupported"
# The key is the level, the method, and the query's restype and comp.
OPERATIONS: dict[tuple[str, str, str, str], Operation] = {
    ("account", "GET", "", "list"): Operation("list_containers", listing.list_containers),
    ("account", "POST", "", "batch"): Operation("batch", batch.batch),
    ("container", "POST", "container", "batch"): Operation("batch", batch.batch),
    ("account", "GET", "", "blobs"): Operation("find_blobs", tagging.find_blobs),
    ("container", "GET", "container", "blobs"): Operation("find_blobs", tagging.find_blobs),
    **{
        (level, method, "account", "properties"): Operation("get_account", containers.get_account_information)
        for level in ("account", "container", "blob")
        for method in ("GET", "HEAD")
    },
    ("container", "PUT", "container", ""): Operation("create_container", containers.create_container),
    ("container", "GET", "container", ""): Operation("get_container", containers.get_container_properties),
    ("container", "HEAD", "container", ""): Operation("get_container", containers.get_container_properties),
    ("container", "GET", "container", "metadata"): Operation("get_container", containers.get_container_properties),
    ("container", "HEAD", "container", "metadata"): Operation("get_container", containers.get_container_properties),
    ("container", "PUT", "container", "metadata"): Operation("set_container", containers.set_container_metadata),
    ("container", "DELETE", "container", ""): Operation("delete_container", containers.delete_container),
    ("container", "GET", "container", "acl"): Operation("get_policies", policies.get_container_policies),
    ("container", "HEAD", "container", "acl"): Operation("get_policies", policies.get_container_policies),
    ("container", "PUT", "container", "acl"): Operation("set_policies", policies.set_container_policies),
    ("container", "PUT", "container", "lease"): Operation("lease_container", leasing.lease_container),
    ("container", "GET", "container", "list"): Operation("list", listing.list_blobs),
    ("blob", "PUT", "", ""): Operation("put", blobs.put_blob),
    ("blob", "GET", "", ""): Operation("get", blobs.get_blob),
    ("blob", "HEAD", "", ""): Operation("head", blobs.get_blob_properties),
    ("blob", "DELETE", "", ""): Operation("delete", blobs.delete_blob),
    ("blob", "GET", "", "metadata"): Operation("get_metadata", blobs.get_blob_metadata),
    ("blob", "HEAD", "", "metadata"): Operation("get_metadata", blobs.get_blob_metadata),
    ("blob", "PUT", "", "metadata"): Operation("set_metadata", blobs.set_blob_metadata),
    ("blob", "PUT", "", "properties"): Operation("set_properties", blobs.set_blob_properties),
    ("blob", "PUT", "", "copy"): Operation("abort_copy", copying.abort_copy),
    ("blob", "PUT", "", "lease"): Operation("lease", leasing.lease_blob),
    ("blob", "PUT", "", "tags"): Operation("set_tags", tagging.set_blob_tags),
    ("blob", "GET", "", "tags"): Operation("get_tags", tagging.get_blob_tags),
    ("blob", "PUT", "", "block"): Operation("put_block", blocks.put_block),
    ("blob", "PUT", "", "blocklist"): Operation("put_block_list", blocks.put_block_list),
    ("blob", "GET", "", "blocklist"): Operation("get_block_list", blocks.get_block_list),
}
# With the header x-ms-copy-source, these are other operations: by comp, and whether the type of a blob is given.
COPIES = {
    ("", False): Operation("copy", copying.copy_blob),
    ("", True): Operation("put", copying.put_blob_from_url),
    ("block", False): Operation("put_block", copying.put_block_from_url),
}
CHECKPOINT_STORE_WRITES = {"put", "set_metadata"}


def find_operation(method: str, target: Target, query: Mapping[str, str], headers: Mapping[str, str]) -> Operation:
    """The operation that a request asks for.

    Raises:
        BlobError: 501 for what this emulator does not do.
    """
    restype, comp = query.get("restype", ""), query.get("comp", "")
    operation = OPERATIONS.get((target.level, method, restype, comp))
    if operation is not None and "x-ms-copy-source" in headers:
        operation = _copy(method, target, comp, headers)
    if operation is None:
        asked = "&".join(f"{name}={query[name]}" for name in ("restype", "comp") if name in query)
        raise BlobError(ErrorCode.NOT_IMPLEMENTED, f"{method} on {target.level} ?{asked}".rstrip(" ?"))
    for name in UNSUPPORTED_QUERY:
        if name in query:
            raise BlobError(ErrorCode.NOT_IMPLEMENTED, f"the query parameter {name} is not supported")
    for name in UNSUPPORTED_HEADERS:
        if name in headers:
            raise BlobError(ErrorCode.NOT_IMPLEMENTED, f"the header {name} is not supported")
    return operation


def _copy(method: str, target: Target, comp: str, headers: Mapping[str, str]) -> Operation | None:
    kind = headers.get("x-ms-blob-type")
    if kind not in {None, "BlockBlob"}:
        raise BlobError(ErrorCode.NOT_IMPLEMENTED, f"blobs of type {kind!r} are not supported")
    return COPIES.get((comp, kind is not None)) if (target.level, method) == ("blob", "PUT") else None


def counted_name(operation: Operation, target: Target) -> str:
    """The name of an operation in the counters; the checkpoint store's writes have names of their own."""
    if operation.name in CHECKPOINT_STORE_WRITES:
        for kind in ("checkpoint", "ownership"):
            if f"/{kind}/" in target.blob:
                return kind
    return operation.name


def caller(user_agent: str) -> str:
    """The part of a User-Agent that the application chose: the text before the SDK's own."""
    return user_agent.partition("azsdk-")[0].strip() or "unknown"
