"""Event hubs over the control endpoint: created while the emulator runs, and emptied."""

import sqlite3
from collections.abc import Callable

from aiohttp import web

from quartet_emulators.disk import DISK_FULL, is_full
from quartet_emulators.event_hubs import ConfigError, EventHubsEmulator
from quartet_emulators.event_hubs.config import read_hub


class HubRoutes:
    """The routes of the event hubs.

    Args:
        emulator: has the hubs.
        is_away: whether an outage of it is under way.
    """

    def __init__(self, emulator: EventHubsEmulator, is_away: Callable[[], bool]) -> None:
        self._emulator = emulator
        self._is_away = is_away

    def all(self) -> list[web.RouteDef]:
        """The routes."""
        return [
            web.post("/event-hubs/hubs", self._post_hub),
            web.post("/event-hubs/recreate", self._post_recreate),
        ]

    async def _post_hub(self, request: web.Request) -> web.Response:
        if self._is_away():
            return _refused("event_hubs is away", status=409)
        try:
            hub = read_hub(await request.json())
            self._emulator.add_hub(hub)
        except ValueError as error:  # not JSON, or not UTF-8
            return _refused(f"not JSON: {error}")
        except ConfigError as error:
            return _refused(str(error))
        except sqlite3.Error as error:
            return _refused(DISK_FULL if is_full(error) else str(error), status=507)
        created = {"Name": hub.name, "PartitionCount": hub.partition_count, "ConsumerGroups": [*hub.consumer_groups]}
        return web.json_response(created, status=201)

    async def _post_recreate(self, _request: web.Request) -> web.Response:
        if self._is_away():
            return _refused("event_hubs is away", status=409)
        self._emulator.recreate_hubs()
        return web.json_response({"recreated": True})


def _refused(reason: str, status: int = 400) -> web.Response:
    return web.json_response({"error": reason}, status=status)
