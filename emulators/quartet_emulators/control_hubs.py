"""Event hubs over the control endpoint: created while the emulator runs, and emptied."""

from aiohttp import web

from quartet_emulators.control import read_json
from quartet_emulators.parts.part import Part, Question


class HubRoutes:
    """The routes of the event hubs.

    Args:
        part: has the hubs.
    """

    def __init__(self, part: Part) -> None:
        self._part = part

    def all(self) -> list[web.RouteDef]:
        """The routes."""
        return [
            web.post("/event-hubs/hubs", self._post_hub),
            web.post("/event-hubs/recreate", self._post_recreate),
        ]

    async def _post_hub(self, request: web.Request) -> web.Response:
        created = await self._part.ask(Question.ADD_HUB, await read_json(request))
        return web.json_response(created, status=201)

    async def _post_recreate(self, _request: web.Request) -> web.Response:
        await self._part.ask(Question.RECREATE_HUBS)
        return web.json_response({"recreated": True})
