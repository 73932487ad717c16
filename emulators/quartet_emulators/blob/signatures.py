"""Shared access signatures: of the account, of a container, or of a blob, signed with the account's key.

After "Create an account SAS" and "Create a service SAS" of the REST documentation, versions 2018-11-09 and later.
Not supported are signatures of a user (user delegation), of a directory, and for an address or a snapshot.
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

from quartet_emulators.blob.authorisation import ACCOUNT_NAME, KEY
from quartet_emulators.blob.call import Target
from quartet_emulators.blob.errors import BlobError, ErrorCode
from quartet_emulators.blob.permissions import needed
from quartet_emulators.blob.store import BlobStore

FIRST_VERSION = "2018-11-09"
FIRST_VERSION_WITH_SCOPE = "2020-12-06"
_UNSUPPORTED = ("skoid", "sip", "ses", "sdd")
_OVERRIDES = {
    "rscc": "Cache-Control",
    "rscd": "Content-Disposition",
    "rsce": "Content-Encoding",
    "rscl": "Content-Language",
    "rsct": "Content-Type",
}
_LEVELS = {"account": "s", "container": "c", "blob": "o"}


def authorise_signature(
    operation: str, target: Target, query: Mapping[str, str], now: float, store: BlobStore, *, is_tls: bool
) -> None:
    """Let a request pass whose query has a shared access signature that allows the operation.

    Args:
        operation: as in the counters.
        target: what it is about.
        query: values by lower-case name.
        now: seconds since the epoch.
        store: has the access policies.
        is_tls: whether the request came over HTTPS.

    Raises:
        BlobError: 403 if the signature is wrong, is over, or does not allow it; 501 for another kind of signature.
    """
    for name in _UNSUPPORTED:
        if name in query:
            raise BlobError(ErrorCode.NOT_IMPLEMENTED, f"shared access signatures with {name} are not supported")
    if query.get("sv", "") < FIRST_VERSION:
        raise BlobError(ErrorCode.NOT_IMPLEMENTED, f"shared access signatures before {FIRST_VERSION} are not supported")
    of_account = "ss" in query
    text = _account_text(query) if of_account else _service_text(target, query)
    signature = base64.b64encode(hmac.digest(KEY, text.encode(), "sha256")).decode()
    if not hmac.compare_digest(signature.encode(), query["sig"].encode()):
        raise BlobError(ErrorCode.AUTHENTICATION_FAILED, f"the server used the string to sign {text!r}")
    policy = {} if of_account or "si" not in query else _policy(store, target.container, query["si"])
    _check_time(query.get("st") or policy.get("Start"), query.get("se") or policy.get("Expiry"), now)
    if query.get("spr") == "https" and not is_tls:
        raise BlobError(ErrorCode.AUTHORIZATION_PROTOCOL_MISMATCH)
    if of_account:
        _check_account(target, query)
    is_new = store.blob(target.container, target.blob) is None
    given = query.get("sp") or policy.get("Permission", "")
    if not set(needed(operation, of_account=of_account, is_new=is_new)) & set(given):
        raise BlobError(ErrorCode.AUTHORIZATION_PERMISSION_MISMATCH, f"{operation} with the permissions {given!r}")


def overridden(query: Mapping[str, str]) -> dict[str, str]:
    """The headers that a signature gives the answer to a read."""
    return {header: query[name] for name, header in _OVERRIDES.items() if "sig" in query and name in query}


def _account_text(query: Mapping[str, str]) -> str:
    fields = [query.get(name, "") for name in ("sp", "ss", "srt", "st", "se", "sip", "spr", "sv")]
    if query["sv"] >= FIRST_VERSION_WITH_SCOPE:
        fields.append(query.get("ses", ""))
    return "\n".join([ACCOUNT_NAME, *fields, ""])


def _service_text(target: Target, query: Mapping[str, str]) -> str:
    kind = query.get("sr", "")
    if kind not in {"b", "c"}:
        raise BlobError(ErrorCode.NOT_IMPLEMENTED, f"shared access signatures of sr={kind!r} are not supported")
    names = [ACCOUNT_NAME, target.container, *([target.blob] if kind == "b" else [])]
    fields = [query.get("sp", ""), query.get("st", ""), query.get("se", ""), "/blob/" + "/".join(names)]
    fields += [query.get(name, "") for name in ("si", "sip", "spr", "sv", "sr")]
    fields.append("")  # the time of a snapshot
    if query["sv"] >= FIRST_VERSION_WITH_SCOPE:
        fields.append(query.get("ses", ""))
    return "\n".join([*fields, *(query.get(name, "") for name in _OVERRIDES)])


def _policy(store: BlobStore, container: str, name: str) -> Mapping[str, str]:
    found = store.container(container)
    if found is None or name not in found.policies:
        raise BlobError(ErrorCode.AUTHENTICATION_FAILED, f"the container has no access policy {name!r}")
    return found.policies[name]


def _check_time(start: str | None, expiry: str | None, now: float) -> None:
    if expiry is None:
        raise BlobError(ErrorCode.AUTHENTICATION_FAILED, "neither the signature nor its policy has an expiry")
    if now >= _read(expiry) or (start and now < _read(start)):
        raise BlobError(ErrorCode.AUTHENTICATION_FAILED, f"the signature is valid from {start} to {expiry}")


def _read(time: str) -> float:
    try:
        moment = datetime.fromisoformat(time)
    except ValueError:
        raise BlobError(ErrorCode.AUTHENTICATION_FAILED, f"{time!r} is no time") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _check_account(target: Target, query: Mapping[str, str]) -> None:
    if "b" not in query["ss"]:
        raise BlobError(ErrorCode.AUTHORIZATION_SERVICE_MISMATCH)
    if _LEVELS[target.level] not in query.get("srt", ""):
        raise BlobError(ErrorCode.AUTHORIZATION_RESOURCE_TYPE_MISMATCH)
