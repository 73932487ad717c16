"""Conditional headers: If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since.

After "Specifying conditional headers for Blob service operations": the request continues if
`If-Match && If-Unmodified-Since && (If-None-Match || If-Modified-Since)`. An ETag may come without its
quotes, which is how a list shows it.
"""

from collections.abc import Mapping

from quartet_emulators.blob.dates import read_http_date
from quartet_emulators.blob.errors import BlobError, ErrorCode
from quartet_emulators.blob.tag_condition import TagCondition


def check_read(headers: Mapping[str, str], etag: str, modified: float) -> None:
    """Let a read of an existing resource pass.

    Raises:
        BlobError: 412 if it is not the version asked for, 304 if the reader already has it.
    """
    if not _is_wanted_version(headers, etag, modified):
        raise BlobError(ErrorCode.CONDITION_NOT_MET)
    if not _is_new_to_reader(headers, etag, modified):
        raise BlobError(ErrorCode.NOT_MODIFIED)


def check_write(headers: Mapping[str, str], etag: str, modified: float) -> None:
    """Let a change of an existing resource pass.

    Raises:
        BlobError: 412 if a condition is not met.
    """
    if not (_is_wanted_version(headers, etag, modified) and _is_new_to_reader(headers, etag, modified)):
        raise BlobError(ErrorCode.CONDITION_NOT_MET)


def check_put(headers: Mapping[str, str], existing: tuple[str, float] | None, *, has_lease: bool = False) -> None:
    """Let a Put Blob or Put Block List pass, over `existing` (its ETag and time) or where nothing is.

    A client that has the lease of a blob may replace it also with `If-None-Match: *`, which `azure-storage-blob` sends
    with every upload without `overwrite`; its tests for the service say so.

    Raises:
        BlobError: 409 if `If-None-Match: *` finds a blob, otherwise 412 if a condition is not met.
    """
    if existing is None:
        if "If-Match" in headers:
            raise BlobError(ErrorCode.CONDITION_NOT_MET)
        return
    if headers.get("If-None-Match", "").strip() == "*":
        if has_lease:
            return
        raise BlobError(ErrorCode.BLOB_ALREADY_EXISTS)
    check_write(headers, *existing)


def check_tags(headers: Mapping[str, str], tags: Mapping[str, str]) -> None:
    """Let a request pass whose `x-ms-if-tags` a blob with these tags fulfils.

    Raises:
        BlobError: 412 if they do not, 400 if the condition cannot be read.
    """
    condition = headers.get("x-ms-if-tags")
    if condition is not None and not TagCondition(condition).holds(tags):
        raise BlobError(ErrorCode.CONDITION_NOT_MET)


def check_source(
    headers: Mapping[str, str], etag: str, modified: float, tags: Mapping[str, str], *, as_reader: bool
) -> None:
    """Let a copy pass whose `x-ms-source-if-` conditions the source fulfils.

    Args:
        headers: the request's.
        etag: of the source.
        modified: when it was written.
        tags: the source's.
        as_reader: whether the service reads the source as any client does, so that it could not verify it.

    Raises:
        BlobError: 412 if it does not, or 404 `CannotVerifyCopySource` to a reader.
    """
    own = _prefixed(headers, "x-ms-source-")
    wanted_tags = headers.get("x-ms-source-if-tags")
    if not (_is_wanted_version(own, etag, modified) and _is_new_to_reader(own, etag, modified)):
        raise BlobError(ErrorCode.CANNOT_VERIFY_COPY_SOURCE if as_reader else ErrorCode.SOURCE_CONDITION_NOT_MET)
    if wanted_tags is not None and not TagCondition(wanted_tags).holds(tags):
        raise BlobError(ErrorCode.CONDITION_NOT_MET)


def check_tag_access(headers: Mapping[str, str], etag: str, modified: float, tags: Mapping[str, str]) -> None:
    """Let a request about the tags of a blob pass; its conditions on the blob are `x-ms-blob-if-` headers.

    Raises:
        BlobError: 412 if a condition is not met.
    """
    check_write(_prefixed(headers, "x-ms-blob-"), etag, modified)
    check_tags(headers, tags)


def _prefixed(headers: Mapping[str, str], prefix: str) -> dict[str, str]:
    """The conditions that have a prefix, without it."""
    asked = {name: headers.get(prefix + name.lower()) for name in _CONDITIONS}
    return {name: value for name, value in asked.items() if value is not None}


_CONDITIONS = ("If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since")


def _is_wanted_version(headers: Mapping[str, str], etag: str, modified: float) -> bool:
    wanted = headers.get("If-Match")
    if wanted is not None and not _names(wanted, etag):
        return False
    since = _date(headers, "If-Unmodified-Since")
    return since is None or int(modified) <= since


def _is_new_to_reader(headers: Mapping[str, str], etag: str, modified: float) -> bool:
    known = headers.get("If-None-Match")
    since = _date(headers, "If-Modified-Since")
    if known is None and since is None:
        return True
    return (known is not None and not _names(known, etag)) or (since is not None and int(modified) > since)


def _names(value: str, etag: str) -> bool:
    return any(tag == "*" or tag.strip('"') == etag for tag in (part.strip() for part in value.split(",")))


def _date(headers: Mapping[str, str], name: str) -> float | None:
    value = headers.get(name)
    if value is None:
        return None
    try:
        return read_http_date(value)
    except ValueError:
        raise BlobError(ErrorCode.INVALID_HEADER_VALUE, f"{name}: {value}") from None
