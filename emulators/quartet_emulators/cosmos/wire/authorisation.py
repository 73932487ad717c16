"""Access rights: the check of the account key's signature, or of a bearer token, on every request.

The client signs verb, resource type, resource link and date with HMAC-SHA256 and the account key. The signed text is
described in the service's REST reference ("Access control on Cosmos DB resources"). With a token it proves an identity,
which may work with items and read what describes them, but create, change or delete no database or container.
"""

import base64
import hmac
import json
from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from quartet_emulators.cosmos.errors import AAD_REQUEST_NOT_AUTHORIZED, CosmosError
from quartet_emulators.cosmos.identifiers import is_rid_path
from quartet_emulators.tokens import TokenCheck, TokenExpiredError, TokenRefusedError

WELL_KNOWN_KEY: Final = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="
"""The account key of every Cosmos DB emulator; published, and therefore no secret."""

_KEY: Final = base64.b64decode(WELL_KNOWN_KEY)
_KEY_AS_SIGNATURE: Final = f".{base64.urlsafe_b64encode(WELL_KNOWN_KEY.encode()).decode().rstrip('=')}"


_AUDIENCE: Final = "https://cosmos.azure.com"
_ITEMS: Final = "docs"


class _Signature(NamedTuple):
    """The right signature of a request, the header that clients make of it, and the text that is signed."""

    value: str
    header: bytes
    text: str


def check(
    method: str, segments: list[str], headers: Mapping[str, str], tokens: TokenCheck | None = None, now: float = 0
) -> None:
    """Let the request pass, or refuse it. Bearer tokens are accepted if there are `tokens` to check them, at `now`.

    Raises:
        CosmosError: 401, if the signature is missing or was not made with the emulator's key for this request; 401, if
            a token is wrong; 403 with sub-status 5300, if it has expired, or the request is beyond any identity.
    """
    given = headers.get("authorization", "")
    date = headers.get("x-ms-date", "")
    expected = _expected(method, *signed_resource(segments), date, "" if date else headers.get("date", ""))
    if hmac.compare_digest(expected.header, given.encode("utf-8", "replace")):
        return
    token = unquote(given)
    if not token:
        raise _unauthorized("Required Header authorization is missing. Ensure a valid Authorization token is passed.")
    kind, _, rest = token.partition("&")
    _, found, signature = rest.partition("&sig=")
    if kind == "type=aad":
        bearer = rest.removeprefix("ver=1.0&sig=")
        if bearer.endswith(_KEY_AS_SIGNATURE):
            _check_emulator_token(bearer, now)
        elif tokens is None:
            raise _unauthorized("The emulator accepts no Entra tokens as it was started; use the emulator key.")
        else:
            _check_token(bearer, headers, tokens, now)
        _check_data_plane(method, segments)
        return
    if kind != "type=master" or not found:
        raise _unauthorized("The authorization header is malformed; expected type=master&ver=1.0&sig=...")
    if not hmac.compare_digest(expected.value.encode(), signature.encode("utf-8", "replace")):
        raise _unauthorized(
            "The input authorization token can't serve the request. The wrong key is being used or the expected"
            f" payload is not built as per the protocol. Server used the following payload to sign: {expected.text!r}"
        )


def _check_emulator_token(token: str, now: float) -> None:
    """A token as clients make it themselves for Microsoft's emulator: in the place of a signature it has the key."""
    try:
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        expires = float(claims["exp"])
    except (ValueError, LookupError, TypeError):
        raise _unauthorized("Authorization token is invalid: it has no claims.") from None
    if expires <= now:
        raise _not_authorised("Provided AAD token has been expired. Please refresh the AAD token.")


def _check_token(token: str, headers: Mapping[str, str], tokens: TokenCheck, now: float) -> None:
    """The client asks for tokens for the account's own address first, and falls back to the service's."""
    host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
    try:
        tokens.expiry(token, (f"https://{host}", _AUDIENCE), now)
    except TokenExpiredError as error:
        raise _not_authorised(f"Provided AAD token has been expired: {error}. Please refresh the AAD token.") from None
    except TokenRefusedError as error:
        raise _unauthorized(f"Authorization token is invalid: {error}.") from None


def _check_data_plane(method: str, segments: list[str]) -> None:
    """What describes an account is changed by its management alone."""
    if _ITEMS not in segments[4:5] and method != "GET":
        raise _not_authorised(
            f"Request blocked by Auth: the request [{method} /{'/'.join(segments)}] cannot be authorized by AAD token "
            "in data plane."
        )


@lru_cache(maxsize=256)
def _expected(method: str, resource_type: str, link: str, date: str, plain_date: str) -> _Signature:
    """The signature that one request must have; cached, as all writes to a container within a second have the same."""
    text = f"{method.lower()}\n{resource_type}\n{link}\n{date.lower()}\n{plain_date.lower()}\n"
    digest = hmac.digest(_KEY, text.encode("utf-8", "surrogatepass"), "sha256")
    value = base64.b64encode(digest).decode()
    return _Signature(value, f"type%3Dmaster%26ver%3D1.0%26sig%3D{quote(value, '')}".encode(), text)


def signed_resource(segments: list[str]) -> tuple[str, str]:
    """The resource type and link that the client has signed for a path."""
    if len(segments) > 5 and segments[4] == "operations":  # noqa: PLR2004 - dbs/x/colls/y/operations/...
        return "colls", "/".join(segments[:4])
    is_feed = len(segments) % 2
    owner = segments[:-1] if is_feed else segments
    resource_type = "" if not segments else segments[-1 if is_feed else -2]
    if resource_type == "offers" or is_rid_path(segments):
        return resource_type, owner[-1].lower() if owner else ""
    return resource_type, "/".join(owner)


def _not_authorised(message: str) -> CosmosError:
    return CosmosError(HTTPStatus.FORBIDDEN, message, substatus=AAD_REQUEST_NOT_AUTHORIZED)


def _unauthorized(message: str) -> CosmosError:
    return CosmosError(HTTPStatus.UNAUTHORIZED, message)
