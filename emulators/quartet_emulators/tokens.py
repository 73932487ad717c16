"""Bearer tokens for tests: JSON Web Tokens that are signed with a key which the test has chosen.

Microsoft Entra ID signs with RS256 and publishes its keys. Here a shared key and HS256 do: what a client sees of a
token (where it puts it, that it expires, that it is meant for one service) is the same. Roles are not looked at: a
token that is good opens everything that its service opens to an identity.

Source: RFC 7519 (the claims), RFC 7515 (the form and the signature).
"""

import base64
import hmac
import json
from collections.abc import Collection, Mapping

MIN_KEY_BYTES = 16
_HEADER = {"alg": "HS256", "typ": "JWT"}


class TokenRefusedError(Exception):
    """The token is malformed, forged, or meant for another server."""


class TokenExpiredError(TokenRefusedError):
    """The token was good once."""


class TokenCheck:
    """Tells good tokens from others.

    Args:
        key: what they are signed with; at least 16 bytes in UTF-8.

    Raises:
        ValueError: the key is too short.
    """

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        if len(self._key) < MIN_KEY_BYTES:
            raise ValueError(f"a key for tokens has at least {MIN_KEY_BYTES} bytes")

    def sign(self, claims: Mapping[str, object]) -> str:
        """A token with these claims."""
        text = f"{_encode(json.dumps(_HEADER).encode())}.{_encode(json.dumps(dict(claims)).encode())}"
        return f"{text}.{_encode(self._signature(text))}"

    def expiry(self, token: str, audiences: Collection[str], now: float) -> float:
        """Until when a token is good, in seconds since 1970.

        Args:
            token: as the client sent it.
            audiences: whom it may be meant for; a slash at the end makes no difference.
            now: seconds since 1970.

        Raises:
            TokenExpiredError: it has expired.
            TokenRefusedError: it never was.
        """
        claims = self._claims(token)
        audience, expires_at = claims.get("aud"), claims.get("exp")
        if not isinstance(audience, str) or audience.rstrip("/") not in {one.rstrip("/") for one in audiences}:
            raise TokenRefusedError(f"the audience {audience!r} is wrong; expected {' or '.join(sorted(audiences))}")
        if not isinstance(expires_at, int | float):
            raise TokenRefusedError("the token has no expiry")
        if expires_at <= now:
            raise TokenExpiredError(f"the token has been expired for {now - expires_at:.1f} s")
        return float(expires_at)

    def _claims(self, token: str) -> dict[str, object]:
        text, _, signature = token.rpartition(".")
        try:
            header, claims = (json.loads(_decode(part)) for part in text.split("."))
            given = _decode(signature)
        except ValueError:
            raise TokenRefusedError("not a JSON Web Token") from None
        if not isinstance(header, dict) or not isinstance(claims, dict) or header.get("alg") != _HEADER["alg"]:
            raise TokenRefusedError("not a JSON Web Token that is signed with HS256")
        if not hmac.compare_digest(given, self._signature(text)):
            raise TokenRefusedError("the signature of the token is wrong")
        return claims

    def _signature(self, text: str) -> bytes:
        return hmac.digest(self._key, text.encode(), "sha256")


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars="-_", validate=True)
