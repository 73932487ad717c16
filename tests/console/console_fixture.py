"""A console that follows emulators in this process, without its web server."""

import asyncio
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog
from azure.eventhub import EventData
from azure.eventhub.aio import EventHubProducerClient
from quartet_emulators.options import parse_options
from quartet_emulators.stack import Stack

from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs.client import consumer_client, producer_client
from quartet.azure.event_hubs.deployed_hubs import deployed_hubs, settings_on
from quartet.azure.settings import Settings
from quartet.choreography import Choreography
from quartet.console.capture.past import Past
from quartet.console.following import Follower
from quartet.console.interpreting import Interpreter
from quartet.console.projection.sqlite.schema import FILE
from quartet.console.projection.sqlite.store import SqliteProjection
from quartet.console.vocabulary import Vocabulary
from quartet.engine.declaration.hubs import Layout
from quartet.engine.failures.timeouts import stretched
from quartet.events import CONTENT_TYPE
from quartet.local.hub_config import CONSOLE, hubs_config, readers_of
from quartet.replay.file import read_recordings
from services.shop import SHOP

ROOT: Final = Path(__file__).parents[2]
LIMIT: Final = 30.0
AGENT: Final = "quartet-tests"


def recorded(name: str) -> list[tuple[dict[str, Any], ...]]:
    """The events of recorded sagas, each in the order of the hub."""
    return [one.events for one in read_recordings(ROOT / name)]


@dataclass(slots=True)
class Hub:
    """Emulators of an application's hubs, which can be stopped and started again."""

    app: Choreography
    data_dir: Path
    layout: Layout
    flags: tuple[str, ...]
    port: int = 0
    _stack: Stack | None = None
    _producers: dict[str, EventHubProducerClient] = field(default_factory=dict)

    async def start(self) -> None:
        self.data_dir.mkdir(exist_ok=True)
        numbers = ("--event-hubs-port", str(self.port), "--cosmos-port", "0", "--blob-port", "0")
        self._stack = Stack(parse_options(["--data-dir", str(self.data_dir), *self.flags, *numbers]))
        await self._stack.start()
        found = re.search(r":(\d+)", self._stack.event_hubs.connection_string.partition("//")[2])
        assert found is not None
        self.port = int(found[1])

    async def stop(self) -> None:
        assert self._stack is not None
        await asyncio.gather(*(client.close() for client in self._producers.values()))
        self._producers.clear()
        await self._stack.stop()

    @property
    def settings(self) -> Settings:
        assert self._stack is not None
        return Settings(
            event_hubs_connection_string=self._stack.event_hubs.connection_string,
            event_hub_name=self.app.hub,
            inbound_hub_name=self.app.inbound_hub,
            hub_layout=self.layout,
            blob_connection_string=self._stack.blob.connection_string,
            cosmos_connection_string=self._stack.cosmos.connection_string,
        )

    async def send(self, partition: str, events: Iterable[Mapping[str, Any] | bytes], author: str = "") -> None:
        """Send events to one partition: of the hub of this author, if there are several."""
        hubs = deployed_hubs(self.settings, self.app.events, self.app.names)
        where = settings_on(self.settings, hubs.written_by(author)) if author else self.settings
        client = self._producers.get(where.event_hub_name)
        if client is None:
            client = self._producers[where.event_hub_name] = producer_client(where, Credentials(), AGENT)
        batch = await client.create_batch(partition_id=partition)
        for event in events:
            data = EventData(event if isinstance(event, bytes) else json.dumps(event).encode())
            data.content_type = CONTENT_TYPE
            try:
                batch.add(data)
            except ValueError:
                await client.send_batch(batch)
                batch = await client.create_batch(partition_id=partition)
                batch.add(data)
        await client.send_batch(batch)


@asynccontextmanager
async def running_hub(directory: Path, app: Choreography = SHOP, layout: Layout = "one") -> AsyncIterator[Hub]:
    """The emulators, with the hubs of an application."""
    config = directory / "Config.json"
    config.write_text(json.dumps(hubs_config(readers_of(app, layout))))
    hub = Hub(app, directory / "emulators", layout, ("--event-hubs-config", str(config)))
    await hub.start()
    try:
        yield hub
    finally:
        await hub.stop()


@dataclass(slots=True)
class Following:
    """A follower at work, with its projection."""

    follower: Follower
    projection: SqliteProjection
    log: structlog.testing.LogCapture
    told: list[str] = field(default_factory=list)
    task: asyncio.Task[None] | None = None
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    def news(self, sagas: Iterable[str]) -> None:
        self.told += sagas
        self._moved.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something is true; it is looked at after every batch, and now and then."""
        async with asyncio.timeout(stretched(LIMIT)):
            while not holds():
                self._moved.clear()
                try:
                    async with asyncio.timeout(stretched(0.05)):
                        await self._moved.wait()
                except TimeoutError:
                    continue

    async def until_read(self, events: int) -> None:
        """Wait until as many events were read, in all partitions."""
        await self.until(
            lambda: sum(one.sequence_number + 1 for one in self.follower.progress.positions().values()) >= events
        )

    async def ended(self) -> None:
        """Wait until the follower has ended. Raises what it raised."""
        assert self.task is not None
        async with asyncio.timeout(stretched(LIMIT)):
            await self.task

    @property
    def said(self) -> list[str]:
        return [str(line["event"]) for line in self.log.entries]


@asynccontextmanager
async def following(
    hub: Hub, directory: Path, *, check_seconds: float = 5, rebuild: bool = False, past: Past | None = None
) -> AsyncIterator[Following]:
    """Follow a hub into the projection of a directory; `past` is read before it."""
    settings, app = hub.settings, hub.app
    hubs = deployed_hubs(settings, app.events, app.names)
    projection = SqliteProjection(directory, rebuild=rebuild)
    log = structlog.testing.LogCapture()
    async with Credentials() as credentials:
        follower = Follower(
            {
                hubs.label(one): partial(
                    consumer_client, settings_on(settings, one), credentials, AGENT, CONSOLE, retry_total=1
                )
                for one in hubs.all
            },
            projection,
            Interpreter(app, hubs, Vocabulary(app)),
            log=structlog.wrap_logger(structlog.PrintLogger(), processors=[log]),
            check_seconds=check_seconds,
            past=past,
        )
        at_work = Following(follower, projection, log)
        follower.taking.news = at_work.news
        task = at_work.task = asyncio.create_task(follower.run())
        try:
            yield at_work
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await projection.close()


def content(directory: Path, *, without: Iterable[str] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that a projection holds, but for the places of rows in its file."""
    connection = sqlite3.connect(directory / FILE)
    tables = {"positions", "sagas", "terms", "events", "steps", "meta"} - set(without)
    try:
        found = {table: sorted(connection.execute(f"SELECT * FROM {table}")) for table in tables}
        return {**found, "marks": sorted(connection.execute("SELECT * FROM marks WHERE count != 0"))}
    finally:
        connection.close()
