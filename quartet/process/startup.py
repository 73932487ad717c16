"""Getting from settings to servers that answer: waited for, checked, and opened in one place."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.cosmos.aio import CosmosClient, DatabaseProxy
from azure.eventhub.aio import EventHubProducerClient
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore
from structlog.typing import FilteringBoundLogger

from quartet.azure.cosmos.client import OnResponse, cosmos_client
from quartet.azure.cosmos.provision import open_database
from quartet.azure.credentials import Credentials, IdentityError, refusal
from quartet.azure.event_hubs.deployed_hubs import deployed_hubs
from quartet.azure.sdk_internals.calls import container_of
from quartet.azure.settings import Settings
from quartet.engine.declaration.hubs import Hubs
from quartet.engine.declaration.participant import DEPLOYMENT, Participant
from quartet.engine.errors import ConfigurationError, OutageError
from quartet.engine.failures.timeouts import stretched
from quartet.process.hub_listener import HubServers
from quartet.process.hub_opening import HubOpening
from quartet.process.waiting import Waiting

_BLOB_REFUSES = "Blob Storage refuses the key or identity: check BLOB_CONNECTION_STRING or the role assignments"


@dataclass(frozen=True, slots=True)
class Servers:
    """Everything a participant talks to, open and checked.

    Attributes:
        producer: sends to the hub that is the participant's own to write.
        layout: all hubs of the deployment.
        hubs: the clients of those that the participant hears; the main hub is the first.
    """

    database: DatabaseProxy
    producer: EventHubProducerClient
    layout: Hubs
    hubs: tuple[HubServers, ...]
    restore_checkpoints: Callable[[], Awaitable[None]]


async def open_servers(
    stack: AsyncExitStack,
    participant: Participant[Any, Any],
    settings: Settings,
    log: FilteringBoundLogger,
    on_cosmos_response: OnResponse | None = None,
) -> Servers:
    """Open the participant's servers on `stack`, waiting for each until the settings' bound.

    `on_cosmos_response`: as in `cosmos_client`.

    Raises:
        ConfigurationError: a server refuses us, lacks something, or did not answer in time.
    """
    agent = f"quartet-{participant.name}"
    waiting = Waiting(stretched(settings.startup_seconds), log)
    credentials = await stack.enter_async_context(Credentials(log))
    client = await waiting.enter(
        stack, "Cosmos DB", lambda: cosmos_client(settings, credentials, agent, on_cosmos_response)
    )
    database = await waiting.call("Cosmos DB", lambda: participant_database(client, participant, settings))
    store = await waiting.enter(stack, "Blob Storage", lambda: checkpoint_store(settings, credentials, agent))
    opening = HubOpening(
        participant,
        settings,
        credentials,
        store,
        deployment=database.get_container_client(DEPLOYMENT.name),
        waiting=waiting,
        log=log,
    )
    layout = deployed_hubs(settings, participant.events, (participant.name,))
    own = await opening.own(stack, layout.written_by(participant.name))
    hubs = [await opening.heard(stack, layout.label(hub), hub, own) for hub in layout.read_by(participant)]
    return Servers(database, own.client, layout, tuple(hubs), partial(create_checkpoint_container, store))


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
