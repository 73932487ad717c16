"""The web application: the API, the page, and the guard in front of both."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from quartet.console.live import Live
from quartet.console.looking import Looking
from quartet.console.seams import ABSENT
from quartet.console.views import AppView
from quartet.console.web.api import api_routes
from quartet.console.web.replies import problem
from quartet.console.web.security import Guard, Security
from quartet.engine.errors import OutageError, one_line

PAGE: Final = Path(__file__).parents[1] / "page"
"""The page's own files."""

_PLUGGED: Final = ("/api/dead-letters", "/api/audit")


def create_app(
    app: AppView,
    looking: Looking,
    live: Live,
    security: Security,
    *,
    routers: Sequence[APIRouter] = (),
    page: Path = PAGE,
) -> FastAPI:
    """The application.

    Args:
        app: what is shown of the choreography.
        looking: answers the questions.
        live: the stream of news.
        security: who may ask.
        routers: further routes under `/api`. Those of dead letters and of the audit that are in none of them answer
            503 with the reason.
        page: the directory of the page's files.
    """
    made = FastAPI(title="quartet console", docs_url=None, redoc_url=None, openapi_url=None)
    made.add_middleware(Guard, security=security)
    made.include_router(api_routes(app, looking, live))
    for router in routers:
        made.include_router(router)
    made.include_router(_fallbacks())
    made.mount("/", Page(directory=page, html=True, check_dir=False))
    made.add_exception_handler(OutageError, _outage)
    made.add_exception_handler(RequestValidationError, _misuse)
    made.add_exception_handler(HTTPException, _http)
    return made


def _fallbacks() -> APIRouter:
    routes = APIRouter()

    @routes.get("/health/live")
    @routes.get("/health/ready")
    async def health() -> Response:
        return Response(status_code=204)

    async def absent() -> Response:
        return problem(503, ABSENT)

    async def unknown_path() -> Response:
        return problem(404, "there is nothing at this path")

    for path in _PLUGGED:
        routes.add_api_route(path, absent, methods=["GET", "POST"])
        routes.add_api_route(path + "/{rest:path}", absent, methods=["GET", "POST"])
    routes.add_api_route("/api/{rest:path}", unknown_path, methods=["GET", "POST"])
    return routes


_VIEWS: Final = ("search", "saga", "dead-letters", "audit")
"""The first word of every address of a view, see page/state/route.js."""


class Page(StaticFiles):
    """The page's files. The address of a view opens the page, whatever the id in it looks like."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or the page."""
        is_view = scope["path"].strip("/").partition("/")[0] in _VIEWS
        return await super().get_response("index.html" if is_view else path, scope)


async def _outage(_: Request, error: Exception) -> Response:
    return problem(503, one_line(error))


async def _misuse(_: Request, error: Exception) -> Response:
    found = error.errors()[0] if isinstance(error, RequestValidationError) else {"loc": (), "msg": ""}
    return problem(400, f"{'.'.join(map(str, found['loc']))}: {found['msg']}")


async def _http(_: Request, error: Exception) -> Response:
    status, text = (error.status_code, error.detail) if isinstance(error, HTTPException) else (500, "")
    return problem(status, text)
