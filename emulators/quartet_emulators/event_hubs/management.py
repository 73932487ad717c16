"""``$management``: the properties of hubs and partitions.

Source: what the Azure SDKs ask and read; Microsoft does not document it.
"""

import logging
from typing import TYPE_CHECKING

from quartet_emulators.event_hubs.authorisation import check_token, guess_token_type
from quartet_emulators.event_hubs.errors import (
    INVALID_FIELD,
    NOT_FOUND,
    NOT_IMPLEMENTED,
    UNAUTHORIZED_ACCESS,
    AmqpError,
)
from quartet_emulators.event_hubs.hub import Hub
from quartet_emulators.event_hubs.requests import Request
from quartet_emulators.event_hubs.types import Array, Int, Timestamp

if TYPE_CHECKING:
    from quartet_emulators.event_hubs.connection import Connection

_NEVER = -62_135_596_800_000
"""1 January of the year 1, in milliseconds: what the real service says of an empty partition."""

_LOGGER = logging.getLogger(__name__)
_STATUS = {UNAUTHORIZED_ACCESS: 401, NOT_FOUND: 404, INVALID_FIELD: 400, NOT_IMPLEMENTED: 501}


def answer(connection: "Connection", request: Request) -> tuple[dict[str, object], object]:
    """Read the properties of a hub or a partition; errors are 400, 401, 404 and 501."""
    try:
        body = _read(connection, request)
    except AmqpError as error:
        _LOGGER.warning("a management request from %s failed: %s", connection.agent, error)
        return _status(_STATUS[error.condition], error.description), None
    return _status(200, "OK"), body


def _read(connection: "Connection", request: Request) -> dict[str, object]:
    operation, kind = request.properties.get("operation"), request.properties.get("type")
    if operation != "READ" or kind not in ("com.microsoft:eventhub", "com.microsoft:partition"):
        raise AmqpError(NOT_IMPLEMENTED, f"the operation {operation!r} on {kind!r} is not implemented")
    name = _text(request, "name")
    _authorise(connection, request, name)
    hub = connection.broker.hubs[name]
    return _hub(hub) if kind == "com.microsoft:eventhub" else _partition(hub, _text(request, "partition"))


def _authorise(connection: "Connection", request: Request, name: str) -> None:
    """The connection's tokens count, and so does the one that the Azure SDKs send with each request."""
    token = request.properties.get("security_token")
    if isinstance(token, str) and token:
        broker = connection.broker
        grant = check_token(guess_token_type(token, broker.tokens), token, broker.now(), broker.tokens)
        if grant.covers(name.lower()):
            return
    connection.claims.require(name)


def _hub(hub: Hub) -> dict[str, object]:
    return {
        "name": hub.name,
        "type": "com.microsoft:eventhub",
        "created_at": Timestamp(hub.created_at),
        "partition_count": Int(len(hub.partitions)),
        "partition_ids": Array([str(partition.index) for partition in hub.partitions]),
    }


def _partition(hub: Hub, partition_id: str) -> dict[str, object]:
    partition = hub.partition(partition_id)
    last = partition.last
    return {
        "name": hub.name,
        "type": "com.microsoft:partition",
        "partition": str(partition.index),
        "begin_sequence_number": 0,
        "last_enqueued_sequence_number": last.sequence_number if last else -1,
        "last_enqueued_offset": str(last.offset if last else -1),
        "last_enqueued_time_utc": Timestamp(last.enqueued_at if last else _NEVER),
        "is_partition_empty": last is None,
    }


def _text(request: Request, name: str) -> str:
    value = request.properties.get(name)
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if not isinstance(value, str) or not value:
        raise AmqpError(INVALID_FIELD, f"the application property {name!r} is missing")
    return value


def _status(code: int, description: str) -> dict[str, object]:
    return {"status-code": Int(code), "status-description": description}
