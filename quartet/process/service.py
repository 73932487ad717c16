"""A participant as a process: settings in, servers awaited, events handled, an orderly end."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Generic, TypeVar

import structlog
from structlog.typing import FilteringBoundLogger

from quartet.azure.cosmos.dead_letters import CosmosDeadLetters
from quartet.azure.cosmos.port_record import record_ports
from quartet.azure.cosmos.records import CosmosRecords
from quartet.azure.cosmos.release_record import record_release
from quartet.azure.environment import EnvironmentSettings, load
from quartet.azure.event_hubs.client import HubPublisher
from quartet.azure.settings import Settings, load_settings
from quartet.engine.dead_letters.redrive import Redrive
from quartet.engine.dead_letters.redriver import Redriver
from quartet.engine.dead_letters.store import DeadLetterStore
from quartet.engine.declaration.hubs import MAIN, Hubs
from quartet.engine.declaration.participant import DEAD_LETTERS, Participant
from quartet.engine.declaration.retry_policy import RetryPolicy
from quartet.engine.engine import Engine, OnRedrive
from quartet.engine.errors import ConfigurationError
from quartet.engine.ports import DeadLetters, Publisher
from quartet.process.garbage import look_for_garbage_seldom
from quartet.process.health import Health, health_server
from quartet.process.heartbeat import Heartbeat
from quartet.process.hub_listener import HubListener, behind_in, receive, stop
from quartet.process.logs import configure_logs, wants_colors
from quartet.process.named_ports import Adapter, PortByName, PortFactory
from quartet.process.port_opening import check_port, open_port
from quartet.process.service_context import ServiceContext
from quartet.process.standing import StandingReport, problems_of
from quartet.process.startup import Servers, open_servers
from quartet.process.telemetry.opening import reporting
from quartet.process.telemetry.reports import Reports
from quartet.process.waiting import Waiting

__all__ = ["Background", "Service", "ServiceContext"]

S = TypeVar("S")
P = TypeVar("P")
R = TypeVar("R")

Background = Callable[[ServiceContext], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Service(Generic[S, P]):
    """A participant with its ports and its background work, as a process.

    Attributes:
        ports: makes the last argument of the handlers, or names the variable with which the deployment chooses it.
            A port that is an asynchronous context manager is entered at the start and left at the end. One with a
            method `async check()` is asked before the first event: `ConfigurationError` refuses to start,
            `OutageError` is waited for.
        background: work that runs until the service stops; if it raises, the process ends with the error.
        settings: the participant's own settings, which its parts get by `ServiceContext.own`.
        module: what runs it alone, as `python -m MODULE`; without one, `quartet.process` does.
    """

    participant: Participant[S, P]
    ports: PortFactory[P] | PortByName[P]
    background: Sequence[Background] = ()
    settings: type[EnvironmentSettings] | None = None
    module: str = ""

    @property
    def variables(self) -> frozenset[str]:
        """The environment variables that are its own: those of its settings and of its ports."""
        return frozenset(self.port_variables) | (self.settings.variables() if self.settings else frozenset())

    @property
    def port_variables(self) -> tuple[str, ...]:
        """The environment variables that choose its ports."""
        return (self.ports.variable,) if isinstance(self.ports, PortByName) else ()

    def port_names(self, environment: Mapping[str, str]) -> dict[str, str]:
        """The names of its ports in this environment, by variable.

        Raises:
            ConfigurationError: one is not set, or cannot be a name.
        """
        return {self.ports.variable: self.ports.name(environment)} if isinstance(self.ports, PortByName) else {}

    def adapter(self, names: Mapping[str, str]) -> Adapter:
        """How the ports of these names are made.

        Raises:
            ConfigurationError: there is no such port.
        """
        if isinstance(self.ports, PortByName):
            return self.ports.adapter(names[self.ports.variable])
        return Adapter(self.ports)

    def load_own(self) -> EnvironmentSettings | None:
        """The participant's own settings, from the environment. Raises as `load` does."""
        return load(self.settings) if self.settings is not None else None

    def main(self) -> None:
        """Run until SIGTERM or SIGINT. Exits with 2 and one line if a person must change something first."""
        try:
            settings = load_settings()
            configure_logs(settings.log_format, settings.log_level, colors=wants_colors(sys.stdout))
            adapter = self.adapter(self.port_names(os.environ))
            with reporting(self.participant.name) as reports:
                asyncio.run(self._run(settings, adapter, reports))
        except ConfigurationError as error:
            print(f"{self.participant.name}: {error}", file=sys.stderr)  # noqa: T201 -- for the person who started it
            sys.exit(2)

    async def _run(self, settings: Settings, adapter: Adapter, reports: Reports) -> None:
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        log: FilteringBoundLogger = structlog.get_logger(service=self.participant.name)
        health = Health()
        async with health_server(health, settings.health_host, settings.health_port), AsyncExitStack() as stack:
            owned: set[str] = set()
            opening = asyncio.create_task(self._open(stack, settings, adapter, owned=owned, log=log, reports=reports))
            if await _first(opening, stopping):
                servers, context, ports = opening.result()
                letters = self.dead_letters(context)
                redriving = self.engine(context, ports, letters, servers.layout, look_first=True)
                redriver = self.redriver(context, redriving, letters)
                engine = self.engine(context, ports, letters, servers.layout, on_redrive=redriver.answer)
                listeners = [
                    HubListener(
                        hub,
                        settings,
                        process=engine.process,
                        prepare=partial(_prepare, engine, context.publisher),
                        log=log,
                        clock=time.monotonic,
                        starts=self.participant.starts,
                        restore=servers.restore_checkpoints,
                        owned=owned if hub.label == MAIN else None,
                    )
                    for hub in servers.hubs
                ]
                health.report = lambda: {
                    "partitions": [one for listener in listeners for one in listener.partitions],
                    "checkpoints": sum(listener.checkpoints.written for listener in listeners),
                    **engine.stats,
                }
                health.problems = lambda: problems_of(engine, settings.standing_seconds)
                standing = StandingReport(engine, seconds=settings.standing_seconds, now=_now, log=log)
                heartbeat = Heartbeat(
                    engine,
                    every=settings.heartbeat_seconds,
                    standing_seconds=settings.standing_seconds,
                    partitions=lambda: sum(len(listener.owned) for listener in listeners),
                    behind=lambda: behind_in(listeners),
                    log=log,
                )
                reports.watch((engine, redriving), listeners, settings.event_hub_name)
                look_for_garbage_seldom()
                await self._work(context, listeners, (standing.run, heartbeat.run), health, stopping)

    async def _open(
        self,
        stack: AsyncExitStack,
        settings: Settings,
        adapter: Adapter,
        *,
        owned: set[str],
        log: FilteringBoundLogger,
        reports: Reports,
    ) -> tuple[Servers, ServiceContext, object]:
        """Open servers and ports on `stack`, and record which ports they are.

        Raises:
            ConfigurationError: a setting is wrong, or a server or a port refuses, or did not answer in time.
        """
        own = self.load_own()
        servers = await open_servers(stack, self.participant, settings, log, reports.on_cosmos_response)
        publisher = HubPublisher(servers.producer)
        context = ServiceContext(
            settings, servers.database, publisher, owned, _now, log, own_settings=own, reports=reports
        )
        waiting = Waiting(settings.startup_seconds, log)
        ports = await waiting.call(adapter.label, lambda: open_port(stack, adapter, context))
        await waiting.call(adapter.label, lambda: check_port(adapter, ports))
        await waiting.call("Cosmos DB", lambda: record_release(servers.database))
        if adapter.names:
            await waiting.call("Cosmos DB", lambda: record_ports(servers.database, adapter.names, log))
        return servers, context, ports

    def dead_letters(self, context: ServiceContext) -> CosmosDeadLetters:
        """Where the participant keeps its dead letters."""
        container = context.database.get_container_client(DEAD_LETTERS.name)
        settings = context.settings
        return CosmosDeadLetters(container, settings.buckets, context.limits, days=settings.dead_letter_days)

    def engine(
        self,
        context: ServiceContext,
        ports: object,
        dead_letters: DeadLetters,
        hubs: Hubs | None = None,
        *,
        look_first: bool = False,
        on_redrive: OnRedrive | None = None,
        publisher: Publisher | None = None,
    ) -> Engine[S]:
        """The participant's engine on these ports; it handles batches, and does not receive.

        What it says goes to `publisher`; without one, to that of the context. With one it is called by another service,
        and hears no hub.
        """
        main, own = context.settings.event_hub_name, self.participant.name
        observer = context.reports.observer(
            self.participant,
            ports,
            heard="" if publisher is not None else main,
            said="" if publisher is not None else main if hubs is None else hubs.written_by(own).name,
        )
        database, buckets = context.database, context.settings.buckets
        records = database.get_container_client(self.participant.container)
        return Engine(
            self.participant,
            ports=ports,
            store=CosmosRecords(records, self.participant.state, buckets, context.limits, observer),
            publisher=publisher or context.publisher,
            dead_letters=dead_letters,
            buckets=buckets,
            retry=self._retry(context.settings),
            now=context.now,
            log=context.log,
            look_first=look_first,
            on_redrive=on_redrive,
            hubs=hubs,
            recording=context.settings.recording == "on",
            observer=observer,
        )

    def redriver(self, context: ServiceContext, engine: Engine[S], letters: DeadLetterStore) -> Redriver:
        """What redrives dead letters on request, with an engine of its own that looks first."""
        return Redriver(
            Redrive(engine, letters, context.now),
            letters,
            context.publisher,
            participant=self.participant.name,
            now=context.now,
            log=context.log,
        )

    def _retry(self, settings: Settings) -> RetryPolicy:
        """The participant's retry policy, with the settings of the deployment."""
        retry = self.participant.retry
        if settings.handler_attempts is not None:
            retry = replace(retry, attempts=settings.handler_attempts)
        if settings.port_seconds is not None:
            retry = replace(retry, call_seconds=settings.port_seconds)
        return retry

    async def _work(
        self,
        context: ServiceContext,
        listeners: Sequence[HubListener],
        beside: Sequence[Callable[[], Awaitable[None]]],
        health: Health,
        stopping: asyncio.Event,
    ) -> None:
        """Receive until stopped, then finish the work in progress."""
        log = context.log
        receiving = asyncio.create_task(receive(listeners))
        of_hubs = [work for listener in listeners for work in listener.beside]
        others = [asyncio.ensure_future(work()) for work in (*of_hubs, *beside)]
        others += [asyncio.ensure_future(work(context)) for work in self.background]
        health.ready = True
        log.info("ready", hears=" ".join(sorted(self.participant.hears)))
        try:
            await _first(asyncio.gather(receiving, *others), stopping)
        finally:
            health.ready = False
            log.info("stopping")
            await stop(listeners, context.settings.shutdown_seconds)
            for task in (receiving, *others):
                task.cancel()
            await asyncio.gather(receiving, *others, return_exceptions=True)
            log.info("stopped")


async def _prepare(engine: Engine[Any], publisher: HubPublisher, partition: str) -> None:
    await engine.prepare()
    await publisher.open(partition)


async def _first(work: "asyncio.Future[R]", stopping: asyncio.Event) -> bool:
    """Whether `work` ended (with its exception, if it raised one) before it was time to stop."""
    stop = asyncio.create_task(stopping.wait())
    waited_for: list[asyncio.Future[Any]] = [work, stop]
    await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if work.done():
        await work
        return True
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work
    return False


def _now() -> datetime:
    return datetime.now(UTC)
