"""The command line's way to the servers: the runtime's own clients, with timeouts for a waiting person."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final, TypeVar

from azure.core.exceptions import HttpResponseError
from azure.cosmos.aio import ContainerProxy, CosmosClient
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient

from quartet.azure.cosmos.client import cosmos_client
from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs.client import check_hub, consumer_client, producer_client
from quartet.azure.settings import Settings
from quartet.engine.declaration.participant import Participant
from quartet.engine.errors import ConfigurationError, OutageError
from quartet.engine.failures.timeouts import stretched
from quartet.local.hub_config import CONSOLE

AGENT: Final = "quartet-cli"

# A server that runs answers in milliseconds. An identity has to fetch a token first.
_SECONDS_WITH_A_KEY: Final = 5
_SECONDS_WITH_AN_IDENTITY: Final = 20

_REFUSED: Final = frozenset({401, 403})

R = TypeVar("R")


class Cosmos:
    """The databases of all services, opened and known to answer."""

    def __init__(self, client: CosmosClient, settings: Settings) -> None:
        self.client = client
        self.settings = settings

    def container(self, participant: Participant[Any, Any], name: str | None = None) -> ContainerProxy:
        """A container of a service; without a name, the one with its records."""
        database = self.client.get_database_client(participant.database)
        return database.get_container_client(name or participant.container)


@asynccontextmanager
async def open_cosmos(settings: Settings, agent: str = AGENT) -> AsyncIterator[Cosmos]:
    """The account, within seconds or not at all. `agent`: the name of the asking program.

    Raises:
        ConfigurationError: the settings cannot be used.
        OutageError: it does not answer.
    """
    async with AsyncExitStack() as stack:
        credentials = await stack.enter_async_context(Credentials())
        entering = cosmos_client(settings, credentials, agent)
        has_key = settings.cosmos_connection_string is not None
        where = _endpoint(settings.cosmos_connection_string)
        client = await _soon("Cosmos DB", where, has_key, lambda: stack.enter_async_context(entering))
        yield Cosmos(client, settings)


@asynccontextmanager
async def open_producer(settings: Settings) -> AsyncIterator[tuple[EventHubProducerClient, list[str]]]:
    """A client that sends to the hub, and the hub's partitions. Raises as `open_cosmos` does."""
    async with AsyncExitStack() as stack:
        credentials = await stack.enter_async_context(Credentials())
        producer = await stack.enter_async_context(producer_client(settings, credentials, AGENT))
        yield producer, await _hub_is_there(producer, settings)


@asynccontextmanager
async def open_consumer(settings: Settings) -> AsyncIterator[tuple[EventHubConsumerClient, list[str]]]:
    """A client that receives as the console, and the hub's partitions. Raises as `open_cosmos` does."""
    async with AsyncExitStack() as stack:
        credentials = await stack.enter_async_context(Credentials())
        consumer = console_client(settings, credentials)
        await stack.enter_async_context(consumer)
        yield consumer, await _hub_is_there(consumer, settings)


def console_client(settings: Settings, credentials: Credentials) -> EventHubConsumerClient:
    """A client that receives as the console, not opened yet.

    Raises:
        ConfigurationError: the settings cannot be used.
    """
    return consumer_client(settings, credentials, AGENT, CONSOLE, retry_total=1)


async def _hub_is_there(client: EventHubProducerClient | EventHubConsumerClient, settings: Settings) -> list[str]:
    has_key = settings.event_hubs_connection_string is not None
    where = _endpoint(settings.event_hubs_connection_string) or settings.event_hubs_namespace
    return await _soon("Event Hubs", where, has_key, lambda: check_hub(client, settings))


async def _soon(server: str, where: str | None, has_key: bool, opening: Callable[[], Awaitable[R]]) -> R:
    seconds = stretched(_SECONDS_WITH_A_KEY if has_key else _SECONDS_WITH_AN_IDENTITY)
    try:
        async with asyncio.timeout(seconds):
            return await opening()
    except (OutageError, TimeoutError) as error:
        if isinstance(error.__cause__, HttpResponseError) and error.__cause__.status_code in _REFUSED:
            raise ConfigurationError(f"{server} refuses the key or identity: check the settings") from error
        at = f" at {where}" if where else ""
        raise OutageError(
            f"{server} does not answer{at}. Is it running (`quartet up`), and do the settings point to it?"
        ) from error


def _endpoint(connection_string: str | None) -> str | None:
    """The address in a connection string; never the key."""
    for part in (connection_string or "").split(";"):
        name, _, value = part.partition("=")
        if name.lower().endswith("endpoint"):
            return value
    return None
