"""Getting from settings to servers that answer: waited for, checked, and opened in one place."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.cosmos.aio import CosmosClient, DatabaseProxy
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore
from structlog.typing import FilteringBoundLogger

from quartet.azure.cosmos.client import cosmos_client
from quartet.azure.cosmos.provision import open_database
from quartet.azure.credentials import Credentials, IdentityError, refusal
from quartet.azure.event_hubs.client import check_group, check_hub, consumer_client, producer_client
from quartet.azure.event_hubs.stale_checkpoints import StaleCheckpoints
from quartet.azure.sdk_internals.calls import container_of
from quartet.azure.sdk_internals.receiving import what_differs
from quartet.azure.settings import Settings
from quartet.engine.declaration.participant import DEPLOYMENT, Participant
from quartet.engine.declaration.retry_policy import Backoff
from quartet.engine.errors import ConfigurationError, OutageError, RightsMissingError
from quartet.engine.failures.timeouts import stretched

R = TypeVar("R")

# A server that accepts a connection and then says nothing is as bad as one that refuses: the step is repeated.
_STEP_SECONDS = 20
_BLOB_REFUSES = "Blob Storage refuses the key or identity: check BLOB_CONNECTION_STRING or the role assignments"


@dataclass(frozen=True, slots=True)
class Servers:
    """Everything a participant talks to, open and checked. `connect` makes another receiver."""

    database: DatabaseProxy
    producer: EventHubProducerClient
    receiver: EventHubConsumerClient
    connect: Callable[[], EventHubConsumerClient]
    stale_checkpoints: StaleCheckpoints
    restore_checkpoints: Callable[[], Awaitable[None]]


async def open_servers(
    stack: AsyncExitStack, participant: Participant[Any, Any], settings: Settings, log: FilteringBoundLogger
) -> Servers:
    """Open the participant's servers on `stack`, waiting for each until the settings' bound.

    Raises:
        ConfigurationError: a server refuses us, lacks something, or did not answer in time.
    """
    agent = f"quartet-{participant.name}"
    waiting = Waiting(stretched(settings.startup_seconds), log)
    credentials = await stack.enter_async_context(Credentials(log))
    client = await waiting.enter(stack, "Cosmos DB", lambda: cosmos_client(settings, credentials, agent))
    database = await waiting.call("Cosmos DB", lambda: participant_database(client, participant, settings))
    store = await waiting.enter(stack, "Blob Storage", lambda: checkpoint_store(settings, credentials, agent))
    producer = await stack.enter_async_context(producer_client(settings, credentials, agent))
    partitions = await waiting.call("Event Hubs", lambda: check_hub(producer, settings))

    def connect() -> EventHubConsumerClient:
        return consumer_client(
            settings,
            credentials,
            agent,
            participant.name,
            checkpoint_store=store,
            load_balancing_interval=settings.load_balancing_seconds,
            partition_ownership_expiration_interval=settings.ownership_expires_seconds,
        )

    if settings.receive == "immediate" and (difference := what_differs()) is not None:
        log.warning("receiving as the SDK does, which looks every 50 ms", reason=difference)
    receiver = await stack.enter_async_context(connect())
    await waiting.call("Event Hubs", lambda: check_group(receiver, participant.name, partitions[0], settings))
    deployment = database.get_container_client(DEPLOYMENT.name)
    stale_checkpoints = StaleCheckpoints(producer, store, deployment, participant.name, log)
    await waiting.call("Event Hubs", stale_checkpoints.reset)
    restore = partial(create_checkpoint_container, store)
    return Servers(database, producer, receiver, connect, stale_checkpoints, restore)


async def participant_database(
    client: CosmosClient, participant: Participant[Any, Any], settings: Settings
) -> DatabaseProxy:
    """The participant's database; missing containers are created if a key allows it. See `open_database`."""
    return await open_database(
        client,
        participant.database,
        participant.all_containers,
        buckets=settings.buckets,
        may_create=settings.cosmos_connection_string is not None,
    )


@asynccontextmanager
async def checkpoint_store(
    settings: Settings, credentials: Credentials, agent: str
) -> AsyncIterator[BlobCheckpointStore]:
    """The checkpoint store, with its container there.

    Raises:
        ConfigurationError: the settings cannot be used, or the account refuses them.
        OutageError: Blob Storage did not answer.
    """
    store = new_checkpoint_store(settings, credentials, agent)
    async with store:
        try:
            if settings.blob_connection_string is not None:
                await create_checkpoint_container(store)
            else:
                await store.list_checkpoints("-", "-", "-")
        except IdentityError as error:
            raise ConfigurationError(f"Blob Storage: {error.message}") from error
        except ClientAuthenticationError as error:
            raise refusal(_BLOB_REFUSES, settings.blob_connection_string) from error
        except ResourceNotFoundError as error:
            raise ConfigurationError(
                f"the container {settings.blob_container} is missing in Blob Storage: restore it if it was deleted, or "
                "deploy the infrastructure"
            ) from error
        except HttpResponseError as error:
            if error.status_code == 403:  # noqa: PLR2004 -- forbidden
                raise refusal(_BLOB_REFUSES, settings.blob_connection_string) from error
            raise OutageError(f"Blob Storage: status {error.status_code}") from error
        except (AzureError, OSError, TimeoutError) as error:
            raise OutageError(f"Blob Storage cannot be reached: {str(error).splitlines()[0]}") from error
        yield store


async def create_checkpoint_container(store: BlobCheckpointStore) -> None:
    """Create the store's container unless it exists.

    Raises:
        AzureError: Blob Storage refuses, does not answer, or is still deleting a container of this name.
    """
    try:
        await container_of(store).create_container()
    except ResourceExistsError as error:
        # The SDK has one type for both. A container that is being deleted cannot be written to.
        if getattr(error, "error_code", None) == "ContainerBeingDeleted":
            raise


def new_checkpoint_store(settings: Settings, credentials: Credentials, agent: str) -> BlobCheckpointStore:
    """The checkpoint store, not opened and not looked at.

    Raises:
        ConfigurationError: the settings cannot be used.
    """
    # The default transport looks up proxies and netrc in a thread on every request; see also `cosmos_client`.
    # No repeats: the SDK's first one waits 15 s, longer than an ownership lasts, and the load balancer, which cannot
    # do anything meanwhile, would lose its partitions over a single failed request. It and the checkpoints are retried
    # within seconds anyway.
    options: dict[str, Any] = {
        "use_env_settings": False,
        "retry_total": 0,
        "connection_timeout": 5,
        "read_timeout": 5,
        "user_agent": agent,
    }
    try:
        if settings.blob_connection_string is not None:
            return BlobCheckpointStore.from_connection_string(
                settings.blob_connection_string, settings.blob_container, **options
            )
        return BlobCheckpointStore(
            str(settings.blob_account_url),
            settings.blob_container,
            credential=credentials.token(),
            raw_response_hook=credentials.on_response,
            **options,
        )
    except (ValueError, KeyError) as error:
        raise ConfigurationError(
            f"BLOB_CONNECTION_STRING or BLOB_ACCOUNT_URL cannot be used: {error}. It should look like "
            "AccountName=…;AccountKey=…;BlobEndpoint=…  or  https://NAME.blob.core.windows.net"
        ) from error


@dataclass(frozen=True, slots=True)
class Waiting:
    """Waits for servers at the start, with a bound: one that never answers is a mistake in the configuration."""

    seconds: float
    log: FilteringBoundLogger

    async def call(self, server: str, step: Callable[[], Awaitable[R]]) -> R:
        """The result of `step`, repeated while it says `OutageError` or `RightsMissingError`.

        Raises:
            ConfigurationError: the time is up.
        """
        deadline = asyncio.get_running_loop().time() + self.seconds
        said = False
        for delay in Backoff(0.2, 2).delays(random.Random()):  # noqa: S311 -- jitter, not a secret
            try:
                async with asyncio.timeout(stretched(_STEP_SECONDS)):
                    return await step()
            except (OutageError, TimeoutError, RightsMissingError) as reason:
                if asyncio.get_running_loop().time() > deadline:
                    if isinstance(reason, RightsMissingError):
                        raise
                    raise ConfigurationError(
                        f"{server} did not answer within {self.seconds:.0f} s: {reason}. Is it running, and do the "
                        "settings point to it?"
                    ) from reason
                if not said:
                    self.log.warning("waiting", server=server, error=str(reason) or "no answer")
                    said = True
            await asyncio.sleep(delay)
        raise AssertionError("the delays never end")

    async def enter(self, stack: AsyncExitStack, server: str, make: Callable[[], AbstractAsyncContextManager[R]]) -> R:
        """Enter the context manager that `make` makes, a new one for every attempt."""
        return await self.call(server, lambda: stack.enter_async_context(make()))
