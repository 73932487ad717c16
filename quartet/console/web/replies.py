"""Answers of the API: views as JSON, and problems with their status."""

from collections.abc import Mapping

from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from quartet.console.views import Unknown


def view(model: BaseModel, headers: Mapping[str, str] | None = None) -> Response:
    """A view as JSON."""
    return Response(model.model_dump_json(), media_type="application/json", headers=dict(headers or {}))


def problem(status: int, text: str) -> Response:
    """Why there is no answer, as `Unknown`: `{"problem": "…"}`."""
    return JSONResponse(Unknown(problem=text).model_dump(), status)
