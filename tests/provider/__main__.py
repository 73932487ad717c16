"""`python -m tests.provider URL_FILE`: a payment provider over HTTP, as another team might have written it.

It keeps its books in memory, by idempotency key: the first answer under a key is final. It knows nothing of Quartet.
`tok_broken` is answered with something that no adapter understands, until `/mend`, and again from `/break` on.
From `/hold` on, its charge is made and the answer held back, until `/release`.
"""

import asyncio
import socket
import sys
from pathlib import Path
from typing import Any

from aiohttp import web

API_KEY = "sk_test_provider"
PAGE = 2
"""Entries per page: small, so that a test has several pages."""


class Books:
    """What really happened."""

    def __init__(self) -> None:
        self.entries: dict[str, dict[str, Any]] = {}
        self.is_broken = True
        self.answers = asyncio.Event()
        self.answers.set()

    def enter(self, key: str, **entry: object) -> dict[str, Any]:
        """The entry that stands under the key."""
        return self.entries.setdefault(key, {"id": f"pi_{len(self.entries) + 1}", **entry})

    def switch(self, path: str) -> None:
        """What `provider` says of these paths."""
        match path:
            case "/mend" | "/break":
                self.is_broken = path == "/break"
            case "/hold":
                self.answers.clear()
            case _:
                self.answers.set()


def provider() -> web.Application:
    """The server."""
    books = Books()

    @web.middleware
    async def authorised(request: web.Request, handler: Any) -> web.StreamResponse:  # noqa: ANN401 -- aiohttp's
        if request.headers.get("Authorization") != f"Bearer {API_KEY}":
            raise web.HTTPUnauthorized(text="wrong key")
        response: web.StreamResponse = await handler(request)
        return response

    async def account(_: web.Request) -> web.Response:
        return web.json_response({"account": "acct_1"})

    async def charge(request: web.Request) -> web.Response:
        asked = await request.json()
        if asked["method"] == "tok_broken" and books.is_broken:
            raise web.HTTPNotExtended(text="not extended")
        status = "declined" if asked["method"] == "tok_declined" else "succeeded"
        details = {name: asked[name] for name in ("amount", "currency", "reference")}
        entry = books.enter(_key(request), kind="charge", status=status, **details)
        if asked["method"] == "tok_broken":
            await books.answers.wait()
        return web.json_response(entry)

    async def void(request: web.Request) -> web.Response:
        asked = await request.json()
        return web.json_response(
            books.enter(_key(request), kind="charge", status="voided", reference=asked["reference"])
        )

    async def refund(request: web.Request) -> web.Response:
        asked = await request.json()
        details = {name: asked[name] for name in ("amount", "currency", "reference")}
        return web.json_response(books.enter(_key(request), kind="refund", status="succeeded", **details))

    async def listed(request: web.Request) -> web.Response:
        start = int(request.query.get("after", "0"))
        entries = list(books.entries.values())
        page = entries[start : start + PAGE]
        more = start + PAGE if start + PAGE < len(entries) else None
        return web.json_response({"data": page, "next": more})

    async def switch(request: web.Request) -> web.Response:
        books.switch(request.path)
        return web.json_response({})

    app = web.Application(middlewares=[authorised])
    app.router.add_get("/account", account)
    app.router.add_post("/charges", charge)
    app.router.add_post("/voids", void)
    app.router.add_post("/refunds", refund)
    app.router.add_get("/entries", listed)
    for path in ("/mend", "/break", "/hold", "/release"):
        app.router.add_post(path, switch)
    return app


def _key(request: web.Request) -> str:
    key = request.headers.get("Idempotency-Key")
    if not key:
        raise web.HTTPBadRequest(text="no idempotency key")
    return key


async def serve(listening: socket.socket) -> None:
    """Serve until the process is ended."""
    runner = web.AppRunner(provider(), access_log=None)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    print("ready", flush=True)
    await asyncio.Event().wait()


def main(url_file: Path) -> None:
    """Serve on a free port; the address is in the file."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url_file.write_text(f"http://127.0.0.1:{listening.getsockname()[1]}")
        asyncio.run(serve(listening))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
