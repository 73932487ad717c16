"""The blob that a request copies from."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from quartet_emulators.blob.call import Call, parse_query, parse_target
from quartet_emulators.blob.conditions import check_source
from quartet_emulators.blob.errors import BlobError, ErrorCode
from quartet_emulators.blob.named_blob import existing_blob
from quartet_emulators.blob.records import Blob


class Source(NamedTuple):
    """A blob to copy, and its address without a signature."""

    blob: Blob
    shown_url: str


def find_source(call: Call, *, with_own_rights: bool = False) -> Source:
    """The blob in `x-ms-copy-source`, if the request may read it and its `x-ms-source-if-` conditions hold.

    Args:
        call: the request.
        with_own_rights: whether who may write the copy may also read the source, which Copy Blob alone allows. All
            others need a signature in the address, or a token in `x-ms-copy-source-authorization`.

    Raises:
        BlobError: 400 if it is no address, 401 or 403 without the right to read it, 404 if it is missing, 412 by its
            conditions, 501 for a blob of another server or a snapshot.
    """
    parts = _address(call.headers["x-ms-copy-source"])
    here = urlsplit(call.base_url)
    if parts.netloc != here.netloc:
        raise BlobError(ErrorCode.NOT_IMPLEMENTED, f"copies from another server ({parts.netloc}) are not supported")
    query = {name: values[0] for name, values in parse_query(parts.query).items()}
    for name in ("snapshot", "versionid"):
        if name in query:
            raise BlobError(ErrorCode.NOT_IMPLEMENTED, f"copies from a {name} are not supported")
    source = replace(call, target=parse_target(parts.path))
    try:
        if "sig" in query:
            call.admission.check_signature("get", source.target, query)
            if copies_tags(call.headers):
                call.admission.check_signature("get_tags", source.target, query)
        elif not with_own_rights:
            call.admission.check_token(call.headers.get("x-ms-copy-source-authorization", ""), call.headers)
        blob = existing_blob(source)
    except BlobError as error:
        raise _of_source(error) from None
    check_source(call.headers, blob.etag, blob.modified, blob.tags, as_reader=not with_own_rights)
    return Source(blob, f"{parts.scheme}://{parts.netloc}{parts.path}")


def copies_tags(headers: Mapping[str, str]) -> bool:
    """Whether the copy gets the tags of its source."""
    return headers.get("x-ms-copy-source-tag-option", "").upper() == "COPY"


def _address(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    if not parts.scheme or not parts.netloc or not text.isascii():
        raise BlobError(ErrorCode.INVALID_HEADER_VALUE, "x-ms-copy-source is no address")
    return parts


def _of_source(error: BlobError) -> BlobError:
    """The error with what the service says of a source that it could not read."""
    headers = {
        "x-ms-copy-source-status-code": str(error.error.status),
        "x-ms-copy-source-error-code": error.error.code,
    }
    error.headers = error.headers | headers
    return error
