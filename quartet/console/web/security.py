"""Who may ask, and what a browser may do with the answer. Looked at before anything else, for every request."""

from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PRINCIPAL: Final = "x-ms-client-principal-id"
"""The header by which Container Apps says who has signed in. It removes the header from requests of others."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_OPEN_PATHS: Final = frozenset({"/health/live", "/health/ready"})
_MOST_BYTES: Final = 100_000
"""Of the body of a request."""


@dataclass(frozen=True, slots=True)
class Security:
    """What is allowed.

    Attributes:
        host: the name or address that the console was configured with; loopback names are always allowed.
        identity: `container-apps`: every request must come from a person whom the platform has signed in. The platform
            routes by the name of the host then, so that is not looked at here.
        can_act: whether requests may change something.
    """

    host: str
    identity: Literal["none", "container-apps"]
    can_act: bool


class Guard:
    """The middleware that refuses what `Security` does not allow, and adds the headers."""

    def __init__(self, app: ASGIApp, security: Security) -> None:
        self._app = app
        self._security = security
        self._names = _LOOPBACK | {security.host.casefold()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an allowed request on."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return  # there are no web sockets: an unanswered one is refused

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers["cache-control"] = "no-store" if scope["path"].startswith("/api/") else "no-cache"
            await send(message)

        refusal = self._refusal(scope, Headers(scope=scope))
        if refusal is not None:
            status, problem = refusal
            await JSONResponse({"problem": problem}, status)(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        if scope["path"] in _OPEN_PATHS:
            return None
        if self._security.identity == "container-apps":
            if not headers.get(PRINCIPAL):
                return 401, "sign in: the platform has not said who asks"
        elif _host(headers.get("host", "")) not in self._names:
            return 421, "this name is not served here: use 127.0.0.1, localhost, or the name in CONSOLE_HOST"
        if scope["method"] in {"GET", "HEAD"}:
            return None
        if scope["method"] != "POST":
            return 405, "only GET, HEAD and POST are served"
        return self._refusal_of_action(headers)

    def _refusal_of_action(self, headers: Headers) -> tuple[int, str] | None:
        if not self._security.can_act:
            return 403, "this page is read-only: set CONSOLE_ACTIONS=on"
        if headers.get("content-type", "").partition(";")[0].strip().casefold() != "application/json":
            return 415, "the content type must be application/json"
        if not _is_own(headers):
            return 403, "the request must come from this page"
        length = headers.get("content-length", "")
        if not (length.isascii() and length.isdigit() and int(length) <= _MOST_BYTES):
            return 413, f"the request must say its length, at most {_MOST_BYTES} bytes"
        return None


def _is_own(headers: Headers) -> bool:
    """Whether the page itself sends: a browser says so, and no page of another origin can make it say so."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site != "same-origin":
        return False
    if origin is not None:
        return urlsplit(origin).netloc == headers.get("host", "") != ""
    return site is not None


def _host(header: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return (urlsplit(f"//{header}").hostname or "").casefold()
    except ValueError:
        return ""
