"""The books of the outside world: those of the ports that the services run with."""

import asyncio
import os
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs.client import HubPublisher, producer_client
from quartet.cli.lag.silence import silent_log
from quartet.cli.reading.connection import AGENT, Cosmos
from quartet.cli.reading.outside import open_reading_port
from quartet.engine.errors import ConfigurationError, OutageError
from quartet.engine.failures.timeouts import stretched
from quartet.process.named_ports import Adapter
from quartet.process.service import Service
from quartet.process.service_context import ServiceContext

# A ledger may be long, but it must make progress.
_SECONDS_PER_EFFECT: Final = 30


@dataclass(frozen=True, slots=True)
class GuardedLedger:
    """An adapter's ledger: it may fail in any way, and it must not be taken for an empty one."""

    adapter: Adapter
    port: Any

    async def effects(self) -> AsyncIterator[Any]:
        """See `Ledger.effects`; what goes wrong is one line."""
        with _failures(self.adapter):
            listed = aiter(self.port.effects())
        while (effect := await self._next(listed)) is not None:
            yield effect

    @property
    def can_look_up(self) -> bool:
        """Whether it is a `SagaLedger`."""
        return callable(getattr(self.port, "effects_of", None))

    @property
    def why_no_look_up(self) -> str:
        """Why sagas cannot be looked up in it; empty if they can."""
        if self.can_look_up:
            return ""
        return (
            f"the audit could not look sagas up in the ledger of {self.adapter.label}: give it the method effects_of. "
            "Until then its effects are audited with everything only"
        )

    async def effects_of(self, saga_ids: Collection[str]) -> AsyncIterator[Any]:
        """See `SagaLedger.effects_of`; what goes wrong is one line, and so is that it is not one."""
        if self.why_no_look_up:
            raise ConfigurationError(self.why_no_look_up)
        with _failures(self.adapter):
            listed = aiter(self.port.effects_of(saga_ids))
        while (effect := await self._next(listed)) is not None:
            yield effect

    async def _next(self, listed: AsyncIterator[object]) -> object | None:
        with _failures(self.adapter):
            async with asyncio.timeout(stretched(_SECONDS_PER_EFFECT)):
                return await anext(listed, None)


@contextmanager
def _failures(adapter: Adapter) -> Iterator[None]:
    """Say that it is the ledger that cannot be read."""
    try:
        with adapter.failures():
            yield
    except OutageError as error:
        raise OutageError(f"the audit could not look at the ledger of {adapter.label}: {error}") from error
    except ConfigurationError as error:
        raise ConfigurationError(f"the audit could not look at a ledger: {error}") from error


class Ledgers:
    """Opens the ledgers of services, on the ports that they run with. They are closed by `stack`."""

    def __init__(
        self, stack: AsyncExitStack, cosmos: Cosmos, publisher: HubPublisher, environment: Mapping[str, str]
    ) -> None:
        self._stack = stack
        self._cosmos = cosmos
        self._publisher = publisher
        self._environment = environment

    async def open(self, service: Service[Any, Any], what: str) -> GuardedLedger:
        """The ledger of a service. `what`: what cannot be looked at without it, for people.

        Raises:
            ConfigurationError: its port cannot be opened, is not the service's own, or has no ledger.
            OutageError: a server does not answer.
        """
        adapter, port = await self._port(service)
        if not _has_ledger(port):
            raise ConfigurationError(
                f"the audit could not look at {what}: {adapter.label} has no ledger. Give it the method effects"
            )
        return GuardedLedger(adapter, port)

    async def find(self, service: Service[Any, Any]) -> GuardedLedger | None:
        """The ledger of a service, if its port has one. Raises as `open` does otherwise."""
        adapter, port = await self._port(service)
        return GuardedLedger(adapter, port) if _has_ledger(port) else None

    async def _port(self, service: Service[Any, Any]) -> tuple[Adapter, object]:
        database = self._cosmos.client.get_database_client(service.participant.database)
        context = ServiceContext(
            self._cosmos.settings,
            database,
            self._publisher,
            frozenset(),
            _now,
            silent_log(),
            own_settings=service.load_own(),
        )
        return await open_reading_port(self._stack, service, context, self._environment)


def _has_ledger(port: object) -> bool:
    return callable(getattr(port, "effects", None))


@asynccontextmanager
async def opening_ledgers(cosmos: Cosmos, environment: Mapping[str, str] | None = None) -> AsyncIterator[Ledgers]:
    """What opens ledgers, by the names of ports in the environment (this process's, if None).

    Raises:
        ConfigurationError: the settings cannot be used.
    """
    async with AsyncExitStack() as stack:
        credentials = await stack.enter_async_context(Credentials())
        # An adapter gets the same context as in the service. This client sends nothing, so it never connects.
        producer = await stack.enter_async_context(producer_client(cosmos.settings, credentials, AGENT))
        yield Ledgers(stack, cosmos, HubPublisher(producer), os.environ if environment is None else environment)


def _now() -> datetime:
    return datetime.now(UTC)
