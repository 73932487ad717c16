"""The server itself. It is stopped and started again on its port to cut the page off."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel

import quartet.console
from quartet.console.views import ActedView, ActionView, Choice, LetterView, OverviewView, SagasView, SagaView
from tests.console.browser.standin.application import app_view, rows
from tests.console.browser.standin.lists import audit_view, letter_view, letters_view
from tests.console.browser.standin.overviews import overview_view
from tests.console.browser.standin.sagas import cancelled, hostile, raw_of, redriven, refused, unknown, waiting

PAGE: Final = Path(quartet.console.__file__).parent / "page"
CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_VIEWS: Final = ("/", "/search", "/saga/{id:.*}", "/dead-letters", "/dead-letters/{participant}/{id:.*}", "/audit")


class StandIn:
    """Answers with what its attributes hold.

    Attributes:
        asked: the queries of the searches, and the bodies of the actions, in order.
    """

    def __init__(self) -> None:
        self.app = app_view()
        self.overview = overview_view()
        self.rows = rows()
        self.sagas: dict[str, SagaView] = {
            one.row.id: one for one in (cancelled(), refused(), redriven(), waiting(), hostile(), unknown())
        }
        self.letters = letters_view()
        self.audit = audit_view()
        self.asked: list[Any] = []
        self.port = 0
        self._runner: web.AppRunner | None = None
        self._readers: set[asyncio.Queue[tuple[str, str]]] = set()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen, on the port that it had before."""
        application = web.Application(middlewares=[_with_headers])
        application.add_routes([web.get(path, self._index) for path in _VIEWS])
        application.add_routes(
            [
                web.get("/api/app", self._fixed("app")),
                web.get("/api/overview", self._fixed("overview")),
                web.get("/api/audit", self._fixed("audit")),
                web.get("/api/live", self._live),
                web.get("/api/sagas", self._search),
                web.get("/api/sagas/{id}", self._saga),
                web.get("/api/sagas/{id}/events/{number}", self._event),
                web.get("/api/dead-letters", self._fixed("letters")),
                web.get("/api/dead-letters/{participant}/{id}", self._letter),
                web.post("/api/dead-letters/{action}", self._act),
                web.static("/", PAGE),
            ]
        )
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close every connection."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def say(self, view: OverviewView) -> None:
        """Send an overview to every reader."""
        self.overview = view
        self._send("overview", view.model_dump_json())

    def news(self, ids: Sequence[str]) -> None:
        """Say that sagas have news."""
        self._send("sagas", json.dumps(list(ids)))

    def _send(self, event: str, data: str) -> None:
        for reader in self._readers:
            reader.put_nowait((event, data))

    async def _index(self, _: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGE / "index.html")

    def _fixed(self, name: str) -> Handler:
        async def answer(_: web.Request) -> web.Response:
            return _json(getattr(self, name))

        return answer

    async def _live(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        queue: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        queue.put_nowait(("overview", self.overview.model_dump_json()))
        self._readers.add(queue)
        try:
            while True:
                event, data = await queue.get()
                await response.write(f"event: {event}\ndata: {data}\n\n".encode())
        finally:
            self._readers.discard(queue)

    async def _search(self, request: web.Request) -> web.Response:
        words = request.query.get("q", "").split()
        self.asked.append(request.query.get("q", ""))
        found = [row for row in self.rows if all(_fits(row.model_dump(), word) for word in words)]
        return _json(SagasView(sagas=tuple(found), next=None, took_ms=3.2))

    async def _saga(self, request: web.Request) -> web.Response:
        found = self.sagas.get(request.match_info["id"])
        return _missing("no such saga") if found is None else _json(found)

    async def _event(self, request: web.Request) -> web.Response:
        found = self.sagas[request.match_info["id"]]
        return _json(raw_of(found.events[int(request.match_info["number"]) - 1]))

    async def _letter(self, request: web.Request) -> web.Response:
        every = [row for group in self.letters.groups for row in group.letters]
        found: list[LetterView] = [letter_view(row) for row in every if row.id == request.match_info["id"]]
        return _json(found[0]) if found else _missing("no such dead letter")

    async def _act(self, request: web.Request) -> web.Response:
        choice = Choice.model_validate(await request.json())
        action = request.match_info["action"]
        self.asked.append((action, choice))
        return _json(ActionView(results=tuple(_result(action, choice, id_) for id_ in choice.ids)))


def _result(action: str, choice: Choice, id_: str) -> ActedView:
    became = "would be handled" if choice.dry_run else {"redrive": "handled", "discard": "discarded"}[action]
    said = ("PaymentCompleted.v1",) if action == "redrive" else ()
    return ActedView(
        id=id_,
        participant=choice.participant,
        saga="ord-1039",
        became=became,
        detail="",
        said=said,
        is_open=choice.dry_run,
    )


def _fits(row: dict[str, Any], word: str) -> bool:
    name, _, value = word.partition(":")
    if name == "status":
        return value in {row["phase"], row["status"]} or (value == "stuck" and row["is_stuck"])
    return name in {"after", "before"} or word in str(row)


def _json(view: BaseModel) -> web.Response:
    return web.Response(
        text=view.model_dump_json(), content_type="application/json", headers={"Cache-Control": "no-store"}
    )


def _missing(detail: str) -> web.Response:
    return web.json_response({"detail": detail}, status=404)


@web.middleware
async def _with_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    response: web.StreamResponse = await handler(request)
    if not response.prepared:
        response.headers["Content-Security-Policy"] = CSP
        response.headers["X-Content-Type-Options"] = "nosniff"
    return response
