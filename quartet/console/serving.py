"""The console as a process: its parts, put together, until a signal comes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

import structlog
from structlog.typing import FilteringBoundLogger

from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs.client import consumer_client
from quartet.azure.settings import Settings
from quartet.choreography import Choreography
from quartet.cli.reading.hubs import for_each, hubs_of
from quartet.console.capture.past import Past
from quartet.console.door import AGENT, Door
from quartet.console.following import Follower
from quartet.console.interpreting import Interpreter
from quartet.console.keeping import Keeping
from quartet.console.lags import LagWatch
from quartet.console.live import Live
from quartet.console.looking import Looking
from quartet.console.overviews import Overviews
from quartet.console.owing import StoredParts
from quartet.console.plugs import Plugs
from quartet.console.projection.cosmos.store import open_projection
from quartet.console.projection.port import Projection
from quartet.console.projection.sqlite.store import SqliteProjection
from quartet.console.records import StoredRecords
from quartet.console.settings import ConsoleSettings
from quartet.console.states.exact import ExactStates
from quartet.console.vocabulary import Vocabulary
from quartet.console.web.app import create_app
from quartet.console.web.security import Security
from quartet.console.web.server import Server, address_of, listen
from quartet.engine.failures.timeouts import stretched
from quartet.local.hub_config import CONSOLE
from quartet.process.telemetry.opening import reporting
from quartet.process.waiting import Waiting
from quartet.terminal.interruption import first_of, stop_signals

BROKEN: Final = "quartet.audit.broken"
"""The name of the metric."""


def ready_line(address: str) -> str:
    """The line on standard output that says that the page is served."""
    return f"the console is at {address}"


async def serve(
    app: Choreography,
    settings: Settings,
    own: ConsoleSettings,
    *,
    rebuild: bool,
    capture: Path | None,
    say: Callable[[str], None],
) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        app: what is looked at.
        settings: of the deployment.
        own: of the console.
        rebuild: whether the projection begins empty.
        capture: a directory with files of Capture, which are read before the hubs.
        say: gets the line with the address.

    Raises:
        ConfigurationError: a setting or a file of Capture is wrong, or the port is taken.
    """
    hubs = for_each(settings)
    past = None if capture is None else Past(capture, {one.event_hub_name: label for label, one in hubs.items()})
    log: FilteringBoundLogger = structlog.get_logger(service=CONSOLE)
    listening = listen(own.host, own.port)
    try:
        async with stop_signals() as stopping, AsyncExitStack() as stack:
            reports = stack.enter_context(reporting(CONSOLE, of_others=False))
            credentials = await stack.enter_async_context(Credentials())
            door = await stack.enter_async_context(Door(settings))
            opening = stack.enter_async_context(open_store(own, settings, log, rebuild=rebuild))
            projection: Projection | None = await first_of(_never_opened(stopping), opening)
            if projection is None:
                return
            vocabulary = Vocabulary(app)
            follower = Follower(
                {
                    label: partial(consumer_client, one, credentials, AGENT, CONSOLE, retry_total=1)
                    for label, one in hubs.items()
                },
                projection,
                Interpreter(app, hubs_of(settings), vocabulary),
                log=log,
                past=past,
            )
            lags = LagWatch(settings, app.names, follower.progress)
            plugs = stack.enter_context(Plugs(app, settings, own, door, log))
            reports.gauge(BROKEN, "{finding}", "Rules that are broken now, by saga or subject", plugs.audit.figure)
            overviews = Overviews(
                projection,
                follower,
                stuck_after=own.stuck_after,
                lags=lags,
                letters=plugs.letters,
                audit=plugs.audit,
            )
            looking = Looking(
                projection,
                vocabulary,
                overviews,
                records=StoredRecords(app, door),
                parts=StoredParts(app, lags),
                states=ExactStates(plugs.states, app, hubs_of(settings), projection),
                letters=plugs.letters,
                audit=plugs.audit,
            )
            live = Live(looking.overview)
            follower.taking.news, follower.taking.heard, plugs.tell = live.news, plugs.heard, live.news
            keeping = Keeping(
                projection, follower, follower.progress.read_upto, days=own.keep_days, forget=plugs.forget, log=log
            )
            can_act = own.actions == "on"
            server = Server(
                create_app(
                    vocabulary.view(can_act=can_act, stuck_after=own.stuck_after),
                    looking,
                    live,
                    Security(own.host, own.identity, can_act),
                    routers=plugs.routers,
                )
            )
            say(ready_line(address_of(listening)))
            works = [follower.run(), lags.run(), live.run(), *(work() for work in plugs.works)]
            if own.keep_days:
                works.append(keeping.run())
            await first_of(_until(stopping, live), server.serve([listening]), *works)
    finally:
        listening.close()


async def _never_opened(stopping: asyncio.Event) -> None:
    """Ends when the process is to end: waiting for a store is no reason to stay."""
    await stopping.wait()


async def _until(stopping: asyncio.Event, live: Live) -> None:
    await stopping.wait()
    live.close()
    await asyncio.sleep(0.1)  # for the last words of the streams


@asynccontextmanager
async def open_store(
    own: ConsoleSettings, settings: Settings, log: FilteringBoundLogger, *, rebuild: bool
) -> AsyncIterator[Projection]:
    """The projection where `CONSOLE_STORE` says. Cosmos DB is waited for, as a service does.

    Raises:
        ConfigurationError: it cannot be used, or did not answer in time.
    """
    if own.store == "cosmos":
        waiting = Waiting(stretched(settings.startup_seconds), log)
        async with AsyncExitStack() as stack:
            yield await waiting.enter(stack, "Cosmos DB", partial(open_projection, settings, rebuild=rebuild))
        return
    projection = SqliteProjection(own.data, rebuild=rebuild)
    try:
        yield projection
    finally:
        await projection.close()
