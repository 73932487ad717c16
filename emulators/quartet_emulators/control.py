"""The control endpoint: what the emulators were asked, over HTTP on loopback."""

from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web

from quartet_emulators.parts.part import RefusedError

HOST = "127.0.0.1"  # never the address of the emulators: who can reach this can do anything to them


class ControlEndpoint:
    """Routes on a port of its own. What they refuse is answered with a line about the reason.

    Args:
        routes: what it serves.
        port: 0 takes a free one; after `start`, the attribute `port` has it.
    """

    def __init__(self, routes: Iterable[web.RouteDef], *, port: int = 0) -> None:
        self.port = port
        self._routes = routes
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
        app = web.Application(middlewares=[_in_a_line])
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


async def read_json(request: web.Request) -> object:
    """The body of a request.

    Raises:
        RefusedError: it is not JSON, or not UTF-8.
    """
    try:
        return await request.json()
    except ValueError as error:
        raise RefusedError(f"not JSON: {error}") from error


@web.middleware
async def _in_a_line(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except RefusedError as error:
        return web.json_response({"error": error.reason}, status=error.status)
