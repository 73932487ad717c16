"""Liveness and readiness over HTTP, for a platform that restarts and routes."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from quartet.engine.errors import ConfigurationError


@dataclass(slots=True)
class Health:
    """The health of the service.

    Attributes:
        ready: its servers answered, and it receives.
        report: figures for `/health/ready`, made when asked.
        problems: what keeps it from making progress, made when asked. While there is any, it is not ready.
    """

    ready: bool = False
    report: Callable[[], dict[str, object]] = field(default=dict)
    problems: Callable[[], dict[str, object]] = field(default=dict)


@asynccontextmanager
async def health_server(health: Health, host: str, port: int) -> AsyncIterator[None]:
    """Serve `/health/live` and `/health/ready` (200, or 503 while not ready). Port 0 serves nothing.

    Raises:
        ConfigurationError: the port is taken.
    """
    if port == 0:
        yield
        return
    # The server half of aiohttp: 2 MB, and without a port no process needs it.
    from aiohttp import web

    async def live(_: web.Request) -> web.Response:
        return web.json_response({"live": True})

    async def ready(_: web.Request) -> web.Response:
        problems = health.problems()
        is_ready = health.ready and not problems
        return web.json_response({"ready": is_ready, **problems, **health.report()}, status=200 if is_ready else 503)

    app = web.Application()
    app.router.add_get("/health/live", live)
    app.router.add_get("/health/ready", ready)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        await runner.cleanup()
        raise ConfigurationError(f"HEALTH_PORT {port} cannot be used: {error.strerror}") from error
    try:
        yield
    finally:
        await runner.cleanup()
