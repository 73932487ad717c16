"""Access rights: the SharedKey scheme with the well-known account of Microsoft's emulator, or a bearer token.

The string to sign is that of "Authorize with Shared Key" (Azure Storage REST documentation, versions
2015-02-21 and later). SharedKeyLite is not supported; bearer tokens are, if the
emulator was started for them ("Authorize with Microsoft Entra ID", same documentation).
"""

import base64
import hmac
from collections.abc import Callable, Mapping

from quartet_emulators.blob.dates import read_http_date
from quartet_emulators.blob.errors import BlobError, ErrorCode
from quartet_emulators.tokens import TokenCheck, TokenRefusedError

# Public, the same everywhere: Microsoft documents them for Azurite. They protect nothing.
ACCOUNT_NAME = "devstoreaccount1"
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

MAX_CLOCK_DIFFERENCE = 15 * 60  # seconds between the signed date and ours, as the service allows
SIGNED_HEADERS = (
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
)
TOKEN_AUDIENCES = ("https://storage.azure.com", f"https://{ACCOUNT_NAME}.blob.core.windows.net")
FIRST_VERSION_WITH_TOKENS = "2017-11-09"
# What the real service says to a client with a bad token: where to get another one, and for which resource.
CHALLENGE = (
    "Bearer authorization_uri=https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000/oauth2/authorize "
    "resource_id=https://storage.azure.com"
)
KEY = base64.b64decode(ACCOUNT_KEY)
Order = Callable[[str], tuple[str, str]]


def _plain_order(name: str) -> tuple[str, str]:
    """The order of the documentation: by character."""
    return name, ""


def _word_order(name: str) -> tuple[str, str]:
    """The order of newer SDKs, which sort as the service's culture does: hyphens last, underscores first."""
    return name.replace("-", "").replace("_", " "), name


def authorise(
    method: str,
    path: str,
    query: Mapping[str, list[str]],
    headers: Mapping[str, str],
    now: float,
    *,
    tokens: TokenCheck | None = None,
) -> None:
    """Let a request pass that is signed with the account's key, or carries a good token.

    Args:
        method: the HTTP method.
        path: the path as it came over the wire, percent-encoded, without the query.
        query: decoded values by lower-case name.
        headers: the request's headers; looked up without regard to case.
        now: seconds since the epoch.
        tokens: tells good tokens from others; None if none are accepted.

    Raises:
        BlobError: 401 without credentials or with a bad token, 403 if the signature or the date is wrong,
            501 for another scheme.
    """
    authorization = headers.get("Authorization", "")
    if not authorization:
        raise BlobError(ErrorCode.NO_AUTHENTICATION, "no Authorization header")
    scheme, _, credential = authorization.partition(" ")
    if scheme == "Bearer" and tokens is not None:
        check_token(credential.strip(), headers, now, tokens)
        return
    if scheme != "SharedKey":
        raise BlobError(ErrorCode.NOT_IMPLEMENTED, f"authorisation scheme {scheme[:20]!r} is not supported")
    account, _, signature = credential.strip().partition(":")
    if account != ACCOUNT_NAME:
        raise BlobError(ErrorCode.AUTHENTICATION_FAILED, f"the emulator's account is {ACCOUNT_NAME}")
    _check_date(headers, now)
    resource = _canonical_resource(path, query)
    for order in (_plain_order, _word_order):
        if hmac.compare_digest(
            sign(method, headers, resource, order).encode(), signature.encode("utf-8", "surrogateescape")
        ):
            return
    text = string_to_sign(method, headers, resource)
    raise BlobError(ErrorCode.AUTHENTICATION_FAILED, f"the server used the string to sign {text!r}")


def check_token(token: str, headers: Mapping[str, str], now: float, tokens: TokenCheck) -> None:
    """Let a good bearer token pass.

    Raises:
        BlobError: 401 or 403 for another one.
    """
    if headers.get("x-ms-version", "") < FIRST_VERSION_WITH_TOKENS:
        reason = f"tokens need x-ms-version {FIRST_VERSION_WITH_TOKENS} or later"
        raise BlobError(ErrorCode.AUTHENTICATION_FAILED, reason)
    try:
        tokens.expiry(token, TOKEN_AUDIENCES, now)
    except TokenRefusedError as error:
        challenge = {"WWW-Authenticate": CHALLENGE}
        raise BlobError(ErrorCode.INVALID_AUTHENTICATION_INFO, str(error), headers=challenge) from None


def sign(method: str, headers: Mapping[str, str], resource: str, order: Order = _plain_order) -> str:
    """The signature of a request in base64; `order` sorts the names of the x-ms headers."""
    text = string_to_sign(method, headers, resource, order)
    return base64.b64encode(hmac.digest(KEY, text.encode("utf-8", "surrogateescape"), "sha256")).decode()


def string_to_sign(method: str, headers: Mapping[str, str], resource: str, order: Order = _plain_order) -> str:
    """The text under the signature: method, standard headers, x-ms headers, resource."""
    standard = [headers.get(name, "") for name in SIGNED_HEADERS]
    if standard[2] == "0":
        standard[2] = ""
    own = {name.lower(): value for name, value in headers.items() if name.lower().startswith("x-ms-")}
    if "x-ms-date" in own:
        standard[5] = ""
    lines = [f"{name}:{' '.join(own[name].split())}" for name in sorted(own, key=order)]
    return "\n".join([method, *standard, *lines, resource])


def _canonical_resource(path: str, query: Mapping[str, list[str]]) -> str:
    lines = [f"{name}:{','.join(sorted(query[name]))}" for name in sorted(query)]
    return "\n".join([f"/{ACCOUNT_NAME}{path}", *lines])


def _check_date(headers: Mapping[str, str], now: float) -> None:
    date = headers.get("x-ms-date") or headers.get("Date", "")
    try:
        signed_at = read_http_date(date)
    except ValueError:
        raise BlobError(ErrorCode.AUTHENTICATION_FAILED, f"no readable x-ms-date or Date: {date!r}") from None
    if abs(now - signed_at) > MAX_CLOCK_DIFFERENCE:
        raise BlobError(ErrorCode.AUTHENTICATION_FAILED, f"the request date {date} is more than 15 minutes off")
