"""A participant as a process: settings in, servers awaited, events handled, an orderly end."""

import asyncio
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Generic, TypeVar

import structlog
from azure.cosmos.aio import DatabaseProxy
from structlog.typing import FilteringBoundLogger

from shared.runtime.checkpoints import Checkpoints
from shared.runtime.consumer import Consumer
from shared.runtime.cosmos_dead_letters import CosmosDeadLetters
from shared.runtime.cosmos_records import CosmosRecords
from shared.runtime.engine import Engine
from shared.runtime.errors import ConfigurationError
from shared.runtime.event_hubs import HubPublisher
from shared.runtime.health import Health, health_server
from shared.runtime.logs import configure_logs, wants_colors
from shared.runtime.participant import DEAD_LETTERS, Participant
from shared.runtime.ports import DeadLetters, Now
from shared.runtime.progress import Progress
from shared.runtime.retry import RetryPolicy
from shared.runtime.settings import Settings, load_settings
from shared.runtime.standing import StandingReport, problems_of
from shared.runtime.startup import open_servers
from shared.runtime.watchdog import Watchdog

S = TypeVar("S")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a service's own parts (its ports, its background work) may use.

    Attributes:
        database: the service's own database.
        publisher: says events on the hub.
        owned: the partitions that this replica receives from, as they are now.
        now: the clock.
    """

    settings: Settings
    database: DatabaseProxy
    publisher: HubPublisher
    owned: Collection[str]
    now: Now
    log: FilteringBoundLogger


Background = Callable[[Surroundings], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Service(Generic[S]):
    """A participant, with how its ports are made and what it does besides answering events.

    Background work runs until the service stops; if it raises, the process ends with the error.
    """

    participant: Participant[S]
    ports: Callable[[Surroundings], object]
    background: Sequence[Background] = ()

    def main(self) -> None:
        """Run until SIGTERM or SIGINT. Exits with 2 and one line if a person must change something first."""
        try:
            settings = load_settings()
            configure_logs(settings.log_format, settings.log_level, colors=wants_colors(sys.stdout))
            asyncio.run(self._run(settings))
        except ConfigurationError as error:
            print(f"{self.participant.name}: {error}", file=sys.stderr)  # noqa: T201 -- for the person who started it
            sys.exit(2)

    async def _run(self, settings: Settings) -> None:
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        log: FilteringBoundLogger = structlog.get_logger(service=self.participant.name)
        health = Health()
        async with health_server(health, settings.health_host, settings.health_port), AsyncExitStack() as stack:
            opening = asyncio.create_task(open_servers(stack, self.participant, settings, log))
            if await _first(opening, stopping):
                servers = opening.result()
                owned: set[str] = set()
                publisher = HubPublisher(servers.producer)
                surroundings = Surroundings(settings, servers.database, publisher, owned, _now, log)
                engine = self.engine(surroundings, self.dead_letters(surroundings))
                checkpoints = Checkpoints(settings.checkpoint_seconds, log, restore=servers.restore_checkpoints)
                consumer = Consumer(
                    servers.receiver,
                    connect=servers.connect,
                    process=engine.process,
                    prepare=partial(_prepare, engine, publisher),
                    checkpoints=checkpoints,
                    owned=owned,
                    progress=Progress(settings.watchdog_seconds),
                    log=log,
                )
                watchdog = Watchdog(
                    consumer,
                    servers.producer,
                    servers.stale_checkpoints,
                    owned=owned,
                    patience=settings.watchdog_seconds,
                    log=log,
                    clock=time.monotonic,
                )
                health.report = lambda: {
                    "partitions": sorted(owned),
                    "checkpoints": checkpoints.written,
                    **engine.stats,
                }
                health.problems = lambda: problems_of(engine, settings.standing_seconds)
                standing = StandingReport(engine, seconds=settings.standing_seconds, now=_now, log=log)
                beside = (checkpoints.run, watchdog.run, standing.run)
                await self._work(surroundings, consumer, beside, health, stopping)

    def dead_letters(self, surroundings: Surroundings) -> CosmosDeadLetters:
        """Where the participant keeps its dead letters."""
        container = surroundings.database.get_container_client(DEAD_LETTERS.name)
        return CosmosDeadLetters(container, surroundings.settings.buckets)

    def engine(self, surroundings: Surroundings, dead_letters: DeadLetters, *, look_first: bool = False) -> Engine[S]:
        """The participant's engine on its own ports; it handles what it is given, and receives nothing by itself."""
        database, buckets = surroundings.database, surroundings.settings.buckets
        records = database.get_container_client(self.participant.container)
        return Engine(
            self.participant,
            ports=self.ports(surroundings),
            store=CosmosRecords(records, self.participant.state, buckets),
            publisher=surroundings.publisher,
            dead_letters=dead_letters,
            buckets=buckets,
            retry=self._retry(surroundings.settings),
            now=surroundings.now,
            log=surroundings.log,
            look_first=look_first,
        )

    def _retry(self, settings: Settings) -> RetryPolicy:
        """The participant's retry policy, with what the deployment has set."""
        retry = self.participant.retry
        if settings.handler_attempts is not None:
            retry = replace(retry, attempts=settings.handler_attempts)
        if settings.port_seconds is not None:
            retry = replace(retry, call_seconds=settings.port_seconds)
        return retry

    async def _work(
        self,
        surroundings: Surroundings,
        consumer: Consumer,
        beside: Sequence[Callable[[], Awaitable[None]]],
        health: Health,
        stopping: asyncio.Event,
    ) -> None:
        """Receive until told to stop, then finish what has begun."""
        log = surroundings.log
        receiving = asyncio.create_task(consumer.run())
        others = [asyncio.ensure_future(work()) for work in beside]
        others += [asyncio.ensure_future(work(surroundings)) for work in self.background]
        health.ready = True
        log.info("ready", hears=" ".join(sorted(self.participant.hears)))
        try:
            await _first(asyncio.gather(receiving, *others), stopping)
        finally:
            health.ready = False
            log.info("stopping")
            await consumer.stop(surroundings.settings.shutdown_seconds)
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
