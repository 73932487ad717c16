"""The counters and the health of all parts over the control endpoint."""

import asyncio
from collections.abc import Mapping

from aiohttp import web

from quartet_emulators.parts.part import Part, Question, RefusedError

PING_SECONDS = 2.0
"""A part that does not answer for this long is reported."""


class PartRoutes:
    """`GET /counters` and `GET /health`.

    Args:
        parts: by name.
    """

    def __init__(self, parts: Mapping[str, Part]) -> None:
        self._parts = parts

    def all(self) -> list[web.RouteDef]:
        """The routes."""
        return [web.get("/counters", self._get_counters), web.get("/health", self._get_health)]

    async def _get_counters(self, _request: web.Request) -> web.Response:
        found = await asyncio.gather(*(part.ask(Question.COUNTERS) for part in self._parts.values()))
        return web.json_response({name: counter for counters in found for name, counter in counters.items()})

    async def _get_health(self, _request: web.Request) -> web.Response:
        answers = await asyncio.gather(*(_answers(part) for part in self._parts.values()))
        if silent := [name for name, answered in zip(self._parts, answers, strict=True) if not answered]:
            reason = f"no answer from {', '.join(silent)}"
            return web.json_response({"status": "failing", "error": reason, "silent": silent}, status=503)
        return web.json_response({"status": "ok"})


async def _answers(part: Part) -> bool:
    try:
        async with asyncio.timeout(PING_SECONDS):
            await part.ask(Question.PING)
    except (RefusedError, TimeoutError):
        return False
    return True
