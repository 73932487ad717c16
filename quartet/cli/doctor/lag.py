"""Whether the services run and keep up: one look at hub and checkpoints for the checks of all of them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Final, TypeVar

from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore

from quartet.azure.sdk_internals.calls import namespace_of
from quartet.azure.settings import Settings
from quartet.cli.doctor.check import Verdict, broken, fine
from quartet.cli.doctor.event_hubs import HubVisit
from quartet.cli.lag.lag import Lag, Standstill, behind, in_words, oldest
from quartet.cli.lag.reading import HubAtWork, LagReader, View
from quartet.cli.reading.hubs import hearers_of
from quartet.engine.declaration.hubs import MAIN
from quartet.engine.errors import ConfigurationError, OutageError
from quartet.engine.ports import Now
from quartet.terminal.user_error import UserError

FACTOR: Final = 6
"""How many times as long as another check these may take: they read twice what seems to be stalled."""

R = TypeVar("R")


class LagVisit:
    """The checks of all services, which share one reading."""

    def __init__(
        self,
        settings: Settings,
        services: Sequence[str],
        stack: AsyncExitStack,
        *,
        hubs: Mapping[str, HubVisit],
        store: Callable[[], BlobCheckpointStore],
        now: Now,
        limit: timedelta,
    ) -> None:
        """`hubs` are by label; `store` gives the checkpoint store, once it is open."""
        self._settings = settings
        self._services = services
        self._stack = stack
        self._hubs = hubs
        self._store = store
        self._now = now
        self._limit = limit
        self._reader: LagReader | None = None
        self._views: asyncio.Task[list[View]] | None = None
        self._judged: asyncio.Task[tuple[list[Lag], Standstill]] | None = None

    def checkpoint_name(self, service: str, partition: str) -> str:
        """The name of the blob with a checkpoint of the main hub, as the SDK makes it."""
        namespace = namespace_of(self._hubs[MAIN].client)
        return f"{namespace}/{self._settings.event_hub_name}/{service}/checkpoint/{partition}".lower()

    async def views(self) -> list[View]:
        """The reading that all checks share."""
        if self._views is None:
            self._views = self._start(lambda: self._lag_reader().look(self._services))
        return await asyncio.shield(self._views)

    async def check_service(self, service: str) -> Verdict:
        """Whether a service runs, and makes progress in each partition."""
        if self._judged is None:
            self._judged = self._start(self._judge)
        try:
            lags, standstill = await asyncio.shield(self._judged)
        except (UserError, ConfigurationError, OutageError) as error:
            return broken(f"it is not known how far it is: {error}", "see the checks of Event Hubs and Blob Storage")
        return judge_service(service, lags, standstill, oldest(lags, service, self._now()), self._limit)

    async def _judge(self) -> tuple[list[Lag], Standstill]:
        views, reader = await self.views(), self._lag_reader()
        lags = await reader.lags(views, self._now())
        return lags, await reader.standstill(lags, self._now, self._limit)

    def _lag_reader(self) -> LagReader:
        if self._reader is None:
            hubs = [
                HubAtWork(
                    label, hub.settings, hearers_of(self._settings, label), hub.client, hub.partitions, hub.connect
                )
                for label, hub in self._hubs.items()
            ]
            self._reader = LagReader(hubs, self._store())
        return self._reader

    def _start(self, work: Callable[[], Awaitable[R]]) -> "asyncio.Task[R]":
        async def run() -> R:
            return await work()

        async def stop() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        task = asyncio.get_running_loop().create_task(run())
        self._stack.push_async_callback(stop)
        return task


def judge_service(
    service: str, lags: Sequence[Lag], standstill: Standstill, age: timedelta, limit: timedelta
) -> Verdict:
    """The verdict about one service; `age` is that of the oldest event that it has not handled."""
    waiting = behind(lags, service)
    words = f"{waiting} events behind" + (f", the oldest for {in_words(age)}" if waiting else "")
    standing = [str(one) for one in standstill.standing if one.service == service]
    if service in dict(standstill.silent):
        return broken(
            "; ".join([f"it does not run: none of its partitions has an owner; {words}", *standing]),
            "start it; if it runs, see its log for why it does not receive",
        )
    if standing:
        return broken(
            "; ".join(standing) + f" ({words} in all)",
            "see its log and its /health/ready for what it waits for; the sagas: quartet status",
        )
    if age > limit:
        return broken(
            f"too slow: {words}; it makes progress",
            "give it more replicas, and see whether a server throttles: docs/runbook.md",
        )
    return fine(words)
