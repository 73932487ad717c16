"""Faults over the control endpoint: switched on and off, counted; outages."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from quartet_emulators.faults import FaultsError, Switchboard, read_plan
from quartet_emulators.faults.outage import Interruptible, interrupt

log = logging.getLogger(__name__)

LONGEST_OUTAGE = 3600.0  # seconds
Handler = Callable[[web.Request], Awaitable[web.Response]]


class FaultRoutes:
    """The routes of the faults.

    Args:
        switchboard: the faults.
        servers: what an outage can strike, by name.
    """

    def __init__(self, switchboard: Switchboard, servers: Mapping[str, Interruptible]) -> None:
        self._switchboard = switchboard
        self._servers = servers
        self._outages: dict[str, asyncio.Task[None]] = {}

    def all(self) -> list[web.RouteDef]:
        """The routes."""
        return [
            web.get("/faults", self._get_faults),
            web.put("/faults", self._put_faults),
            web.delete("/faults", self._delete_faults),
            web.post("/outage", self._post_outage),
        ]

    def is_away(self, server: str) -> bool:
        """Whether an outage of this server is under way."""
        return server in self._outages

    async def stop(self) -> None:
        """End the outages: a server that is away stays away."""
        for task in self._outages.values():
            task.cancel()
        await asyncio.gather(*self._outages.values(), return_exceptions=True)

    async def _get_faults(self, _request: web.Request) -> web.Response:
        return web.json_response(self._switchboard.report())

    async def _put_faults(self, request: web.Request) -> web.Response:
        try:
            self._switchboard.switch_on(read_plan(await request.json()))
        except ValueError as error:  # not JSON, or not UTF-8
            return _refused(f"not JSON: {error}")
        except FaultsError as error:
            return _refused(str(error))
        return web.json_response(self._switchboard.report())

    async def _delete_faults(self, _request: web.Request) -> web.Response:
        report = self._switchboard.report()
        self._switchboard.switch_off()
        return web.json_response(report)

    async def _post_outage(self, request: web.Request) -> web.Response:
        try:
            body = await request.json()
        except ValueError as error:  # not JSON, or not UTF-8
            return _refused(f"not JSON: {error}")
        name = body.get("server") if isinstance(body, dict) else None
        if not isinstance(name, str) or name not in self._servers:
            return _refused(f"server: expected one of {', '.join(self._servers)}, not {name!r}")
        seconds = body.get("seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= LONGEST_OUTAGE:
            return _refused(f"seconds: expected a number from 0 to {LONGEST_OUTAGE:g}, not {seconds!r}")
        if name in self._outages:
            return _refused(f"{name} is away already", status=409)
        self._outages[name] = asyncio.create_task(self._interrupt(name, seconds))
        return web.json_response({"server": name, "seconds": seconds}, status=202)

    async def _interrupt(self, name: str, seconds: float) -> None:
        try:
            await interrupt(self._servers[name], seconds)
        except Exception:  # no task waits for this one: only the log can show it
            log.exception("%s did not restart after its outage", name)
        finally:
            del self._outages[name]


def _refused(reason: str, status: int = 400) -> web.Response:
    return web.json_response({"error": reason}, status=status)
