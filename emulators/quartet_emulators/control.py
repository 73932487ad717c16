"""The control endpoint: what the emulators were asked, over HTTP on loopback."""

from collections.abc import Iterable, Mapping

from aiohttp import web

HOST = "127.0.0.1"  # never the address of the emulators: who can reach this can do anything to them

Counters = Mapping[str, Mapping[tuple[str, str], float]]
"""By emulator: how often an agent asked for an operation, keyed by (agent, operation); or what it was charged."""


class ControlEndpoint:
    """`GET /counters`, `GET /health`, and whatever else it is given.

    Args:
        counters: live counters by emulator; read at every request.
        port: 0 takes a free one; after `start`, the attribute `port` has it.
        routes: further ones.
    """

    def __init__(self, counters: Counters, *, port: int = 0, routes: Iterable[web.RouteDef] = ()) -> None:
        self.port = port
        self._routes = routes
        self._counters = counters
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self.port}"

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the port is taken.
        """
        app = web.Application()
        app.router.add_get("/counters", self._get_counters)
        app.router.add_get("/health", self._get_health)
        app.router.add_routes(self._routes)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        try:
            await self._runner.setup()
            await web.TCPSite(self._runner, HOST, self.port).start()
        except BaseException:
            await self.stop()
            raise
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening. Does nothing if it is not running."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _get_counters(self, _request: web.Request) -> web.Response:
        return web.json_response({name: by_agent(counter) for name, counter in self._counters.items()})

    async def _get_health(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})


def by_agent(counter: Mapping[tuple[str, str], float]) -> dict[str, dict[str, float]]:
    """Nest a counter: agent, then operation, in alphabetical order. Sums of charges are rounded to hundredths."""
    nested: dict[str, dict[str, float]] = {}
    for (agent, operation), count in sorted(counter.items()):
        nested.setdefault(agent, {})[operation] = round(count, 2)
    return nested
