"""The routes of the API that read the projection."""

import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from quartet.console.live import Live, TooManyReadersError
from quartet.console.looking import Looking
from quartet.console.projection.query import now_ms, parse_query
from quartet.console.views import AppView, SagasView
from quartet.console.web.replies import problem, view

_NO_SUCH_SAGA = "no event of this saga was seen: check the id, or the hub's retention"

Limit = Annotated[int, Query(ge=1, le=200)]


def api_routes(app: AppView, looking: Looking, live: Live) -> APIRouter:
    """`/api/app`, `/api/overview`, `/api/sagas…` and `/api/live`."""
    routes = APIRouter(prefix="/api")

    @routes.get("/app")
    async def the_app() -> Response:
        return view(app)

    @routes.get("/overview")
    async def overview() -> Response:
        return view(await looking.overview())

    @routes.get("/sagas")
    async def sagas(q: str = "", cursor: str | None = None, limit: Limit = 50) -> Response:
        began, now = time.perf_counter(), now_ms()
        try:
            query = parse_query(q, now)
            rows, following = await looking.search(query, limit=limit, cursor=cursor, now=now)
        except ValueError as error:
            return problem(400, str(error))
        took = round((time.perf_counter() - began) * 1000, 1)
        return view(SagasView(sagas=rows, next=following, took_ms=took))

    # An id may have a slash; the more exact path comes first.
    @routes.get("/sagas/{saga_id:path}/events/{number}")
    async def event(saga_id: str, number: int) -> Response:
        raw = await looking.raw(saga_id, number)
        return problem(404, "there is no such event, or it is not kept") if raw is None else view(raw)

    @routes.get("/sagas/{saga_id:path}")
    async def saga(saga_id: str) -> Response:
        found = await looking.saga(saga_id, now_ms())
        return problem(404, _NO_SUCH_SAGA) if found is None else view(found)

    @routes.get("/live")
    async def stream(request: Request) -> Response:
        del request
        events = live.events()
        try:
            first = await anext(events)
        except TooManyReadersError:
            return problem(503, "too many pages are open: close one, or try again later")

        async def text() -> AsyncIterator[str]:
            try:
                yield first
                async for one in events:
                    yield one
            finally:
                await events.aclose()

        return StreamingResponse(text(), media_type="text/event-stream", headers={"x-accel-buffering": "no"})

    return routes
