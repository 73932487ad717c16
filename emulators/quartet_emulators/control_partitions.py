"""Physical partitions of Cosmos DB over the control endpoint: split while clients work."""

from aiohttp import web

from quartet_emulators.control import read_json
from quartet_emulators.parts.part import Part, Question


class PartitionRoutes:
    """The routes of the physical partitions.

    Args:
        part: has the containers.
    """

    def __init__(self, part: Part) -> None:
        self._part = part

    def all(self) -> list[web.RouteDef]:
        """The routes."""
        return [web.post("/cosmos/split", self._post_split)]

    async def _post_split(self, request: web.Request) -> web.Response:
        return web.json_response(await self._part.ask(Question.SPLIT, await read_json(request)))
