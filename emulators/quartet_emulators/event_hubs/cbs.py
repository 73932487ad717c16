"""``$cbs``: clients put the tokens here that open entities to their connection.

Source: "AMQP 1.0 in Azure Service Bus and Event Hubs protocol guide", Microsoft, claims-based authorisation.
"""

import logging
from typing import TYPE_CHECKING

from quartet_emulators.event_hubs.authorisation import check_token, path_of
from quartet_emulators.event_hubs.errors import NOT_FOUND, UNAUTHORIZED_ACCESS, AmqpError
from quartet_emulators.event_hubs.requests import Request
from quartet_emulators.event_hubs.types import Int

if TYPE_CHECKING:
    from quartet_emulators.event_hubs.connection import Connection

_LOGGER = logging.getLogger(__name__)
_BAD_REQUEST = 400
_STATUS = {UNAUTHORIZED_ACCESS: 401, NOT_FOUND: 404}


def answer(connection: "Connection", request: Request) -> tuple[dict[str, object], object]:
    """Put a token: 202 if it is good, 401 if not, 404 if the entity does not exist."""
    operation = request.properties.get("operation")
    if operation != "put-token":
        return _status(_BAD_REQUEST, f"the operation {operation!r} is not supported; put-token is")
    try:
        _put_token(connection, request)
    except AmqpError as error:
        _LOGGER.warning("a token from %s was refused: %s", connection.agent, error.description)
        return _status(_STATUS[error.condition], error.description)
    return _status(202, "Accepted")


def _put_token(connection: "Connection", request: Request) -> None:
    name, token_type = request.properties.get("name"), request.properties.get("type")
    if not isinstance(name, str) or not isinstance(token_type, str) or not isinstance(request.body, str):
        raise AmqpError(UNAUTHORIZED_ACCESS, "MalformedToken: name, type and the token itself must be strings.")
    grant = check_token(token_type, request.body, connection.broker.now(), connection.broker.tokens)
    hub = path_of(name).split("/")[0]
    if hub:
        _ = connection.broker.hubs[hub]
    if not grant.covers(path_of(name)):
        raise AmqpError(UNAUTHORIZED_ACCESS, f"InvalidAudience: the token is not for '{name}'.")
    connection.grant(grant)


def _status(code: int, description: str) -> tuple[dict[str, object], object]:
    return {"status-code": Int(code), "status-description": description}, None
