"""The identity of the process, where no keys are used."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

from quartet.azure.credentials import Credentials, IdentityError
from quartet.cli.doctor.addresses import Address
from quartet.cli.doctor.check import Verdict, broken, fine

_SCOPES = {
    "Event Hubs": "https://eventhubs.azure.net/.default",
    "Blob Storage": "https://storage.azure.com/.default",
    "Cosmos DB": "https://cosmos.azure.com/.default",
}
# From the most telling claim to the least: a managed identity's path, a person's name, an application, an object.
_NAMES = ("xms_mirid", "upn", "preferred_username", "appid", "oid", "sub")


async def check_identity(servers: dict[str, Address], credentials: Credentials) -> Verdict:
    """Whether there is an identity that gives tokens for every server that is entered without a key."""
    scopes = [_SCOPES[name] for name, address in servers.items() if address.key is None]
    if not scopes:
        return fine("none needed: the settings have keys")
    try:
        tokens = [await credentials.token().get_token_info(scope) for scope in scopes]
    except IdentityError as error:
        return broken(
            error.message,
            "sign in with az login; in Azure, assign a managed identity and set AZURE_CLIENT_ID to its client id",
        )
    until = datetime.fromtimestamp(min(token.expires_on for token in tokens), UTC)
    return fine(f"{describe(tokens[0].token)}, tokens good until {until:%H:%M:%S} UTC")


def describe(token: str) -> str:
    """Whom a token names. It is not checked: the servers do that."""
    try:
        body = token.split(".")[1]
        claims: Any = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return next(f"{name} {claims[name]}" for name in _NAMES if name in claims)
    except (IndexError, ValueError, TypeError, StopIteration):
        return "an identity that its token does not name"
