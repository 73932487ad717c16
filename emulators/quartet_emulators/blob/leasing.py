"""Lease Blob and Lease Container: acquire, renew, change, release and break."""

import math
import uuid
from collections.abc import Callable
from dataclasses import replace

from aiohttp import web

from quartet_emulators.blob.call import Call, version_headers
from quartet_emulators.blob.conditions import check_write
from quartet_emulators.blob.containers import existing_container
from quartet_emulators.blob.errors import BlobError, ErrorCode
from quartet_emulators.blob.lease import INFINITE, NO_LEASE, Lease
from quartet_emulators.blob.named_blob import existing_blob

SHORTEST, LONGEST = 15, 60  # seconds of a lease that is not infinite
LONGEST_BREAK = 60


def lease_blob(call: Call) -> web.Response:
    """Lease Blob: 201, 200 or 202 by the action; neither ETag nor time of the blob change."""
    blob = existing_blob(call)
    check_write(call.headers, blob.etag, blob.modified)
    lease, status, headers = _act(call, blob.lease)
    call.store.save_blob(replace(blob, lease=lease))
    return web.Response(status=status, headers=version_headers(blob.etag, blob.modified) | headers)


def lease_container(call: Call) -> web.Response:
    """Lease Container: the same."""
    container = existing_container(call)
    check_write(call.headers, container.etag, container.modified)
    lease, status, headers = _act(call, container.lease)
    call.store.save_container(replace(container, lease=lease))
    return web.Response(status=status, headers=version_headers(container.etag, container.modified) | headers)


def _act(call: Call, lease: Lease) -> tuple[Lease, int, dict[str, str]]:
    """The lease after the action that the request names, the status, and what the answer says of it."""
    name = call.headers.get("x-ms-lease-action", "").lower()
    if name not in _ACTIONS:
        raise BlobError(ErrorCode.INVALID_HEADER_VALUE, f"x-ms-lease-action {name!r}")
    status, action = _ACTIONS[name]
    changed = action(call, lease)
    if name == "break":
        return changed, status, {"x-ms-lease-time": str(math.ceil(max(0.0, changed.ends - call.now)))}
    return changed, status, {"x-ms-lease-id": changed.id} if changed.id else {}


def _acquire(call: Call, lease: Lease) -> Lease:
    proposed = _id(call, "x-ms-proposed-lease-id") or str(uuid.uuid4())
    duration = _seconds(call, "x-ms-lease-duration")
    if duration is None:
        raise BlobError(ErrorCode.MISSING_HEADER, "x-ms-lease-duration")
    if duration != INFINITE and not SHORTEST <= duration <= LONGEST:
        raise BlobError(ErrorCode.INVALID_HEADER_VALUE, "x-ms-lease-duration is 15 to 60 seconds, or -1")
    state = lease.state(call.now)
    if state == "breaking" and lease.id == proposed:
        raise BlobError(ErrorCode.LEASE_IS_BREAKING_NOT_ACQUIRED)
    if lease.is_locked(call.now) and (state == "breaking" or lease.id != proposed):
        raise BlobError(ErrorCode.LEASE_ALREADY_PRESENT)
    return Lease(proposed, duration, call.now + duration)


def _renew(call: Call, lease: Lease) -> Lease:
    _check_id(call, lease)
    if lease.is_broken:
        raise BlobError(ErrorCode.LEASE_IS_BROKEN)
    return replace(lease, ends=call.now + lease.duration)


def _change(call: Call, lease: Lease) -> Lease:
    proposed = _id(call, "x-ms-proposed-lease-id")
    if not proposed:
        raise BlobError(ErrorCode.MISSING_HEADER, "x-ms-proposed-lease-id")
    state = lease.state(call.now)
    if state == "breaking":
        raise BlobError(ErrorCode.LEASE_IS_BREAKING_NOT_CHANGED)
    if state != "leased":
        raise BlobError(ErrorCode.LEASE_NOT_PRESENT_WITH_LEASE)
    if lease.id != proposed:  # a repetition of the same change
        _check_id(call, lease)
    return replace(lease, id=proposed)


def _release(call: Call, lease: Lease) -> Lease:
    _check_id(call, lease)
    return NO_LEASE


def _break(call: Call, lease: Lease) -> Lease:
    period = _seconds(call, "x-ms-lease-break-period")
    if period is not None and not 0 <= period <= LONGEST_BREAK:
        raise BlobError(ErrorCode.INVALID_HEADER_VALUE, "x-ms-lease-break-period is 0 to 60 seconds")
    if not lease.id:
        raise BlobError(ErrorCode.LEASE_NOT_PRESENT_WITH_LEASE)
    never_ends = lease.duration == INFINITE and not lease.is_broken
    left = math.inf if never_ends else max(0.0, lease.ends - call.now)
    wanted = (0 if never_ends else left) if period is None else period
    return lease.breaking(call.now, min(wanted, left))


_ACTIONS: dict[str, tuple[int, Callable[[Call, Lease], Lease]]] = {
    "acquire": (201, _acquire),
    "renew": (200, _renew),
    "change": (200, _change),
    "release": (200, _release),
    "break": (202, _break),
}


def _check_id(call: Call, lease: Lease) -> None:
    asked = _id(call, "x-ms-lease-id")
    if not asked:
        raise BlobError(ErrorCode.MISSING_HEADER, "x-ms-lease-id")
    if asked != lease.id:
        raise BlobError(ErrorCode.LEASE_ID_MISMATCH_WITH_LEASE)


def _id(call: Call, name: str) -> str:
    """A lease id in its usual form; empty if the header is missing."""
    text = call.headers.get(name, "")
    try:
        return str(uuid.UUID(text)) if text else ""
    except ValueError:
        raise BlobError(ErrorCode.INVALID_HEADER_VALUE, f"{name} is no GUID") from None


def _seconds(call: Call, name: str) -> int | None:
    text = call.headers.get(name)
    try:
        return None if text is None else int(text)
    except ValueError:
        raise BlobError(ErrorCode.INVALID_HEADER_VALUE, f"{name}: {text}") from None
