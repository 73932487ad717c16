"""The console as a process: its parts, put together, until a signal comes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from fastapi import APIRouter
from structlog.typing import FilteringBoundLogger

from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs.client import consumer_client
from quartet.azure.settings import Settings
from quartet.choreography import Choreography
from quartet.cli.reading.hubs import for_each, hubs_of
from quartet.console.door import AGENT, Door
from quartet.console.following import Follower
from quartet.console.interpreting import Interpreter
from quartet.console.lags import LagWatch
from quartet.console.live import Live
from quartet.console.looking import Looking
from quartet.console.overviews import Overviews
from quartet.console.owing import StoredParts
from quartet.console.projection.port import Projection
from quartet.console.projection.sqlite.store import SqliteProjection
from quartet.console.seams import Audit, Letters, States
from quartet.console.settings import ConsoleSettings
from quartet.console.vocabulary import Vocabulary
from quartet.console.web.app import create_app
from quartet.console.web.security import Security
from quartet.console.web.server import Server, address_of, listen
from quartet.engine.errors import ConfigurationError
from quartet.local.hub_config import CONSOLE
from quartet.terminal.interruption import first_of, stop_signals

Work = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Plugged:
    """The parts of the console that are not about the hub; each may be absent.

    Attributes:
        routers: their routes.
        works: what runs as long as the console does.
    """

    states: States | None = None
    audit: Audit | None = None
    letters: Letters | None = None
    routers: tuple[APIRouter, ...] = ()
    works: tuple[Work, ...] = field(default=())


def plug(app: Choreography, settings: Settings, own: ConsoleSettings, door: Door) -> Plugged:
    """The parts that this release has."""
    del app, settings, own, door
    return Plugged()


def ready_line(address: str) -> str:
    """The line on standard output that says that the page is served."""
    return f"the console is at {address}"


async def serve(
    app: Choreography, settings: Settings, own: ConsoleSettings, *, rebuild: bool, say: Callable[[str], None]
) -> None:
    """Serve until SIGTERM or SIGINT. `say` gets the line with the address.

    Raises:
        ConfigurationError: a setting is wrong, or the port is taken.
    """
    log: FilteringBoundLogger = structlog.get_logger(service=CONSOLE)
    listening = listen(own.host, own.port)
    try:
        async with stop_signals() as stopping, AsyncExitStack() as stack:
            credentials = await stack.enter_async_context(Credentials())
            door = await stack.enter_async_context(Door(settings))
            projection = await stack.enter_async_context(_projection(own, rebuild=rebuild))
            vocabulary = Vocabulary(app)
            follower = Follower(
                {
                    label: partial(consumer_client, one, credentials, AGENT, CONSOLE, retry_total=1)
                    for label, one in for_each(settings).items()
                },
                projection,
                Interpreter(app, hubs_of(settings), vocabulary),
                log=log,
            )
            lags = LagWatch(settings, app.names, follower.progress)
            plugged = plug(app, settings, own, door)
            overviews = Overviews(
                projection,
                follower,
                stuck_after=own.stuck_after,
                lags=lags,
                letters=plugged.letters,
                audit=plugged.audit,
            )
            looking = Looking(
                projection,
                vocabulary,
                overviews,
                parts=StoredParts(app, door, lags),
                states=plugged.states,
                letters=plugged.letters,
                audit=plugged.audit,
            )
            live = Live(looking.overview)
            follower.news = live.news
            can_act = own.actions == "on"
            server = Server(
                create_app(
                    vocabulary.view(can_act=can_act, stuck_after=own.stuck_after),
                    looking,
                    live,
                    Security(own.host, own.identity, can_act),
                    routers=plugged.routers,
                )
            )
            say(ready_line(address_of(listening)))
            works = [follower.run(), lags.run(), live.run(), *(work() for work in plugged.works)]
            await first_of(_until(stopping, live), server.serve([listening]), *works)
    finally:
        listening.close()


async def _until(stopping: asyncio.Event, live: Live) -> None:
    await stopping.wait()
    live.close()
    await asyncio.sleep(0.1)  # for the last words of the streams


@asynccontextmanager
async def _projection(own: ConsoleSettings, *, rebuild: bool) -> AsyncIterator[Projection]:
    if own.store == "cosmos":
        raise ConfigurationError("CONSOLE_STORE=cosmos: this release keeps the projection in SQLite only")
    projection = SqliteProjection(own.data, rebuild=rebuild)
    try:
        yield projection
    finally:
        await projection.close()
