"""The books of the outside world: those of the gateway and the carrier that the services run with."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping
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
from services.operations.participants import PAYMENT_SERVICE, SHIPPING_SERVICE
from services.payment.ledger import GatewayLedger
from services.shipping.ledger import CarrierLedger

# A ledger may be long, but it must go on.
_SECONDS_PER_EFFECT: Final = 30


@dataclass(frozen=True, slots=True)
class Ledgers:
    """Where the audit sees what really happened."""

    gateway: GatewayLedger
    carrier: CarrierLedger


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


@asynccontextmanager
async def open_ledgers(cosmos: Cosmos, environment: Mapping[str, str] | None = None) -> AsyncIterator[Ledgers]:
    """The ledgers of the ports that the services run with, by their names in the environment (this process's, if None).

    Raises:
        ConfigurationError: a port cannot be opened, is not the service's own, or has no ledger.
        OutageError: a server does not answer.
    """
    names = os.environ if environment is None else environment
    async with AsyncExitStack() as stack:
        credentials = await stack.enter_async_context(Credentials())
        # An adapter gets what it gets in the service. This client sends nothing, so it connects to nothing.
        producer = await stack.enter_async_context(producer_client(cosmos.settings, credentials, AGENT))
        publisher = HubPublisher(producer)

        async def ledger(service: Service[Any, Any], what: str) -> GuardedLedger:
            database = cosmos.client.get_database_client(service.participant.database)
            context = ServiceContext(cosmos.settings, database, publisher, frozenset(), _now, silent_log())
            adapter, port = await open_reading_port(stack, service, context, names)
            if not callable(getattr(port, "effects", None)):
                raise ConfigurationError(
                    f"the audit could not look at {what}: {adapter.label} has no ledger. Give it the method effects"
                )
            return GuardedLedger(adapter, port)

        yield Ledgers(await ledger(PAYMENT_SERVICE, "charges and refunds"), await ledger(SHIPPING_SERVICE, "shipments"))


def _now() -> datetime:
    return datetime.now(UTC)
