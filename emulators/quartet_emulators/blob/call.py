"""One request as the operations see it, and the forms that headers and query share."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from quartet_emulators.blob.dates import http_date
from quartet_emulators.blob.errors import BlobError, ErrorCode
from quartet_emulators.blob.store import BlobStore

if TYPE_CHECKING:
    from quartet_emulators.blob.admission import Admission

METADATA_PREFIX = "x-ms-meta-"
METADATA_LIMIT = 8 * 1024
NAME_LIMIT = 1024
# Metadata names must be C# identifiers; the service accepts no other than ASCII in a header.
METADATA_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
CONTAINER_NAME = re.compile(r"(?=.{3,63}\Z)[a-z0-9]+(-[a-z0-9]+)*\Z")


@dataclass(frozen=True, slots=True)
class Target:
    """What the path names: the account (both empty), a container, or a blob in a container."""

    account: str
    container: str
    blob: str

    @property
    def level(self) -> str:
        """`account`, `container` or `blob`."""
        if self.blob:
            return "blob"
        return "container" if self.container else "account"


@dataclass(frozen=True, slots=True)
class Call:
    """An authorised request with its body read.

    Attributes:
        now: the moment of the request, in seconds since the epoch.
        base_url: the account's URL as the client reached it, without a slash at the end.
        admission: checks rights.
    """

    store: BlobStore
    method: str
    target: Target
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    now: float
    base_url: str
    admission: "Admission"


def parse_target(path: str) -> Target:
    """Split `/account/container/blob`; the blob's name may hold slashes.

    Raises:
        BlobError: the path is not absolute, not UTF-8, or a name in it cannot exist.
    """
    if not path.startswith("/") or not path.isascii():
        raise BlobError(ErrorCode.INVALID_URI, "expected an absolute path, percent-encoded")
    account, _, rest = path[1:].partition("/")
    container, _, blob = rest.partition("/")
    try:
        target = Target(*(unquote(part, errors="strict") for part in (account, container, blob)))
    except UnicodeDecodeError:
        raise BlobError(ErrorCode.INVALID_URI, "the path is not UTF-8") from None
    if target.container and not CONTAINER_NAME.match(target.container):
        raise BlobError(ErrorCode.INVALID_RESOURCE_NAME, f"container {target.container!r}")
    if len(target.blob) > NAME_LIMIT or "\0" in target.blob:
        raise BlobError(ErrorCode.INVALID_URI, "a blob's name has 1 to 1024 characters and no NUL")
    return target


def parse_query(text: str) -> dict[str, list[str]]:
    """The query's values by lower-case name. A plus is a plus: the SDKs write a space as %20.

    Raises:
        BlobError: the query is not UTF-8.
    """
    values: dict[str, list[str]] = {}
    try:
        for pair in filter(None, text.split("&")):
            name, _, value = pair.partition("=")
            values.setdefault(unquote(name, errors="strict").lower(), []).append(unquote(value, errors="strict"))
    except UnicodeDecodeError:
        raise BlobError(ErrorCode.INVALID_QUERY, "the query is not UTF-8") from None
    return values


def metadata_of(headers: Mapping[str, str]) -> dict[str, str]:
    """The user's metadata in the headers `x-ms-meta-NAME`; names keep their case.

    Raises:
        BlobError: a name is not an identifier, is given twice, a value is not ASCII, or all exceed 8 KB.
    """
    metadata: dict[str, str] = {}
    seen: set[str] = set()
    for header, value in headers.items():
        if not header.lower().startswith(METADATA_PREFIX):
            continue
        name = header[len(METADATA_PREFIX) :]
        if not METADATA_NAME.match(name) or name.lower() in seen or not value.isascii():
            raise BlobError(ErrorCode.INVALID_METADATA, f"metadata name {name!r}")
        seen.add(name.lower())
        metadata[name] = value.strip()
    if sum(len(name) + len(value) for name, value in metadata.items()) > METADATA_LIMIT:
        raise BlobError(ErrorCode.METADATA_TOO_LARGE)
    return metadata


def metadata_headers(metadata: Mapping[str, str]) -> dict[str, str]:
    """The headers that carry this metadata in an answer."""
    return {METADATA_PREFIX + name: value for name, value in metadata.items()}


def version_headers(etag: str, modified: float) -> dict[str, str]:
    """The headers that tell a client the version of the blob that it read or wrote."""
    return {"ETag": f'"{etag}"', "Last-Modified": http_date(modified)}
