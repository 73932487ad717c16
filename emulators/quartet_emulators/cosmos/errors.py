"""What the emulator answers when it does not do what was asked, in the service's own status codes."""

import logging
import sqlite3
from http import HTTPStatus

from quartet_emulators.disk import DISK_FULL, is_full

logger = logging.getLogger(__name__)

PARTITION_KEY_MISMATCH = 1001
"""Sub-status of 400: the partition key in the header is not the one in the item."""

OWNER_NOT_FOUND = 1003
"""Sub-status of 404: not the item is missing, but the container or database that should hold it."""

CONTAINER_RECREATED = 1024
"""Sub-status of 400: the client's cached container id belongs to another container of the same name."""

AAD_REQUEST_NOT_AUTHORIZED = 5300
"""Sub-status of 403: a bearer token has expired, or no bearer token opens this request."""

QUERY_NEEDS_PLAN = 1004
"""Sub-status of 400: only a client can answer the query, from the ranges of the container; it then asks for a plan."""

PARTITION_KEY_RANGE_GONE = 1002
"""Sub-status of 410: the physical partition that the client names was split; the client then reads them again."""

RETRY_WITH = 449
"""A status of Cosmos DB's own: two writers met; do it again."""

CODES: dict[int, str] = {
    HTTPStatus.BAD_REQUEST: "BadRequest",
    HTTPStatus.UNAUTHORIZED: "Unauthorized",
    HTTPStatus.FORBIDDEN: "Forbidden",
    HTTPStatus.NOT_FOUND: "NotFound",
    HTTPStatus.METHOD_NOT_ALLOWED: "MethodNotAllowed",
    HTTPStatus.CONFLICT: "Conflict",
    HTTPStatus.GONE: "Gone",
    HTTPStatus.PRECONDITION_FAILED: "PreconditionFailed",
    HTTPStatus.REQUEST_TIMEOUT: "RequestTimeout",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "RequestEntityTooLarge",
    HTTPStatus.TOO_MANY_REQUESTS: "TooManyRequests",
    RETRY_WITH: "RetryWith",
    HTTPStatus.INTERNAL_SERVER_ERROR: "InternalServerError",
    HTTPStatus.SERVICE_UNAVAILABLE: "ServiceUnavailable",
}


class CosmosError(Exception):
    """An answer other than success: a status, its sub-status (0 = none) and words for the person who reads it.

    With `additional`, the body has a text for the client besides.
    """

    def __init__(self, status: int, message: str, *, substatus: int = 0, additional: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.substatus = substatus
        self.additional = additional

    @property
    def code(self) -> str:
        """The service's name of the status, the ``code`` of the JSON body."""
        return CODES.get(self.status) or HTTPStatus(self.status).phrase.replace(" ", "")


class UnsupportedError(CosmosError):
    """The real service can do this, the emulator cannot."""


def bad_request(message: str, *, substatus: int = 0) -> CosmosError:
    """400: the request is wrong and will stay wrong."""
    return CosmosError(HTTPStatus.BAD_REQUEST, message, substatus=substatus)


def not_found(message: str, *, substatus: int = 0) -> CosmosError:
    """404: the item, or with sub-status 1003 its container or database, does not exist."""
    return CosmosError(HTTPStatus.NOT_FOUND, message, substatus=substatus)


def conflict(message: str) -> CosmosError:
    """409: something with this id exists already."""
    return CosmosError(HTTPStatus.CONFLICT, message)


def precondition_failed(message: str) -> CosmosError:
    """412: the ETag or the patch condition does not hold."""
    return CosmosError(HTTPStatus.PRECONDITION_FAILED, message)


def too_large(message: str) -> CosmosError:
    """413: over one of the service's size limits."""
    return CosmosError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)


def unsupported(feature: str) -> CosmosError:
    """400: the real service can do this, the emulator cannot.

    Not 501, which would say it better: clients take every 5xx for an outage, and repeat the request for a while.
    """
    return UnsupportedError(HTTPStatus.BAD_REQUEST, f"The emulator does not support {feature}; the service does.")


def not_written(error: sqlite3.Error) -> CosmosError:
    """403 if the disk is full, as the service says of a container that has reached its storage, otherwise 503.

    The 403 has no sub-status: with one, clients would look for another region and try again.
    """
    if is_full(error):
        logger.error("the disk is full: a write is refused with 403")
        return CosmosError(HTTPStatus.FORBIDDEN, DISK_FULL)
    logger.error("the disk refused a write, which is answered with 503", exc_info=error)
    return CosmosError(HTTPStatus.SERVICE_UNAVAILABLE, f"The emulator cannot write to its disk: {error}")
