"""Access rights: shared access signatures, checked against the well-known emulator key, or bearer tokens.

A client either presents a token for each entity (``put-token`` on ``$cbs``), or logs in with the key's
name and value (SASL PLAIN), which opens the whole namespace.

Sources: "Authorizing access to Event Hubs resources using Shared Access Signatures" and "Authenticate an application
with Microsoft Entra ID to access Event Hubs resources", Microsoft.
"""

import base64
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from quartet_emulators.event_hubs.errors import UNAUTHORIZED_ACCESS, AmqpError
from quartet_emulators.tokens import TokenCheck, TokenExpiredError, TokenRefusedError

EMULATOR_KEY_NAME = "RootManageSharedAccessKey"
EMULATOR_KEY = "SAS_KEY_VALUE"

SAS_TOKEN_TYPE = "servicebus.windows.net:sastoken"  # noqa: S105 - a type's name, not a secret
JSON_WEB_TOKEN_TYPE = "jwt"  # noqa: S105 - the same
_AUDIENCE = "https://eventhubs.azure.net"
_SAS_PREFIX = "SharedAccessSignature "
_NEVER = float("inf")
_MAX_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token opens, and until when (seconds since 1970).

    Attributes:
        path: the entity, lower case, without slashes around it; an empty path is the whole namespace.
        expires_at: seconds since 1970.
    """

    path: str
    expires_at: float

    def covers(self, path: str) -> bool:
        """Whether the path is the entity of this grant or lies in it."""
        return not self.path or path == self.path or path.startswith(self.path + "/")


class Claims:
    """What one connection has been granted."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._grants: dict[str, Grant] = {}
        self._now = now

    def add(self, grant: Grant) -> None:
        """Take a grant; it replaces an earlier one for the same entity."""
        self._grants[grant.path] = grant

    def next_expiry(self) -> float | None:
        """When the next grant that still holds expires, in seconds from now."""
        now = self._now()
        left = [grant.expires_at - now for grant in self._grants.values() if now < grant.expires_at < _NEVER]
        return min(left, default=None)

    def require(self, address: str) -> None:
        """Check that an address may be used.

        Raises:
            AmqpError: no grant covers it, or those that do have expired.
        """
        path = path_of(address)
        covering = [grant for grant in self._grants.values() if grant.covers(path)]
        if not covering:
            raise AmqpError(UNAUTHORIZED_ACCESS, f"Unauthorized access: no token was put for '{path}'.")
        if all(grant.expires_at <= self._now() for grant in covering):
            raise AmqpError(UNAUTHORIZED_ACCESS, f"ExpiredToken: the token for '{path}' has expired.")


def path_of(address: str) -> str:
    """The path of an address, lower case, whether or not a host is before it."""
    path = urlsplit(address).path if "://" in address else address
    return path.strip("/").lower()


def log_in(name: str, key: str) -> Grant:
    """Check a key's name and value (SASL PLAIN).

    Raises:
        AmqpError: they are not the emulator's.
    """
    if not _equal(name, EMULATOR_KEY_NAME) or not _equal(key, EMULATOR_KEY):
        raise AmqpError(UNAUTHORIZED_ACCESS, "the key name or the key is wrong")
    return Grant("", _NEVER)


def check_token(token_type: str, token: str, now: float, tokens: TokenCheck | None = None) -> Grant:
    """Check a token, and say what it opens. Bearer tokens are accepted if there are `tokens` to check them.

    Raises:
        AmqpError: the token is malformed, wrong, expired, or of a type that is not accepted.
    """
    if token_type == JSON_WEB_TOKEN_TYPE and tokens is not None:
        return _check_bearer(token, now, tokens)
    if token_type != SAS_TOKEN_TYPE:
        raise AmqpError(UNAUTHORIZED_ACCESS, f"InvalidToken: tokens of type '{token_type}' are not accepted.")
    if not token.startswith(_SAS_PREFIX):
        raise AmqpError(UNAUTHORIZED_ACCESS, "MalformedToken: not a shared access signature.")
    return _check_signature(token.removeprefix(_SAS_PREFIX), now)


def guess_token_type(token: str, tokens: TokenCheck | None) -> str:
    """The type of a token that came without one; bearer tokens count only where they are accepted."""
    is_bearer = tokens is not None and not token.startswith(_SAS_PREFIX)
    return JSON_WEB_TOKEN_TYPE if is_bearer else SAS_TOKEN_TYPE


def _check_bearer(token: str, now: float, tokens: TokenCheck) -> Grant:
    try:
        return Grant("", tokens.expiry(token, (_AUDIENCE,), now))
    except TokenExpiredError as error:
        raise AmqpError(UNAUTHORIZED_ACCESS, f"ExpiredToken: {error}.") from None
    except TokenRefusedError as error:
        raise AmqpError(UNAUTHORIZED_ACCESS, f"InvalidToken: {error}.") from None


def _check_signature(text: str, now: float) -> Grant:
    raw = dict(pair.split("=", 1) for pair in text.split("&") if "=" in pair)
    decoded = dict(parse_qsl(text, keep_blank_values=True))
    if not {"sr", "sig", "se"} <= decoded.keys() & raw.keys() or not _is_time(decoded["se"]):
        raise AmqpError(UNAUTHORIZED_ACCESS, "MalformedToken: sr, sig and se are needed, se as a number.")
    if not _equal(decoded.get("skn", ""), EMULATOR_KEY_NAME):
        raise AmqpError(UNAUTHORIZED_ACCESS, "InvalidSignature: there is no key with this name.")
    signed = f"{raw['sr']}\n{decoded['se']}"
    digest = hmac.new(EMULATOR_KEY.encode(), signed.encode(), sha256).digest()
    if not _equal(decoded["sig"], base64.b64encode(digest).decode()):
        raise AmqpError(UNAUTHORIZED_ACCESS, "InvalidSignature: The token has an invalid signature.")
    if int(decoded["se"]) <= now:
        raise AmqpError(UNAUTHORIZED_ACCESS, "ExpiredToken: the token has expired.")
    return Grant(path_of(unquote_plus(raw["sr"])), float(decoded["se"]))


def _is_time(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS


def _equal(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(), right.encode())
