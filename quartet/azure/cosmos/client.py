"""The Cosmos DB client as this project uses it, and which of its errors mean what."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import AioHttpTransport
from azure.cosmos.aio import ContainerProxy, CosmosClient
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosClientTimeoutError

from quartet.azure.credentials import Credentials, IdentityError, refusal
from quartet.azure.settings import Settings
from quartet.engine.errors import PASSING, REFUSED, ConfigurationError, OutageError
from quartet.engine.failures.timeouts import stretched

CONFLICT = frozenset({404, 409, 412})
# Besides what passes on every server: 410 while a partition moves, 449 for a write that met another one. Refusals are
# among them (at the start, they are a mistake that a person must fix): an expired token is a 403 (sub-status 5300), a
# key that is being rotated a 401. None of these says anything about the event in hand.
OUTAGE = REFUSED | PASSING | frozenset({410, 449})

NOT_FOUND = 404
OWNER_MISSING = 1003
"""The sub-status of a 404 that speaks of the container, or its database, and not of the document."""

_REQUEST_SECONDS = 8.0

OnResponse: TypeAlias = Callable[[Any], None]
"""Gets a `PipelineResponse` of the SDK. It must not raise."""

# One operation of a batch, as the SDK takes it: its name, its arguments, its conditions.
Operation: TypeAlias = tuple[str, tuple[Any, ...], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """How much goes into one transactional batch.

    The server takes 100 operations and 2 MB; some room is left for what the SDK writes around them.

    Attributes:
        operations: how many writes.
        size: how many bytes of documents.
    """

    operations: int = 100
    size: int = 1_800_000


@asynccontextmanager
async def cosmos_client(
    settings: Settings, credentials: Credentials, agent: str, on_response: OnResponse | None = None
) -> AsyncIterator[CosmosClient]:
    """A client that counts under `agent` in the account's diagnostics. `on_response` gets every response to it.

    The transport does not look up proxies and netrc on every request: that alone would double the CPU time.
    Its own retries are few, because the runtime retries for longer (`OutageRetry`).

    Raises:
        ConfigurationError: the settings name no reachable account in a form that the SDK understands, or it refuses
            them; `RightsMissingError` if it refuses an identity.
        OutageError: the account did not answer.
    """
    options: dict[str, Any] = {
        "transport": AioHttpTransport(use_env_settings=False),
        "user_agent_suffix": agent,
        "connection_timeout": stretched(5),
        "read_timeout": stretched(10),
        "retry_total": 2,
        "retry_backoff_max": 5,
        "enable_compact_utf8_item_writes": True,
    }
    try:
        if settings.cosmos_connection_string is not None:
            if on_response is not None:
                options["raw_response_hook"] = on_response
            client = CosmosClient.from_connection_string(settings.cosmos_connection_string, **options)
        else:
            options["raw_response_hook"] = _both(credentials.on_response, on_response)
            client = CosmosClient(str(settings.cosmos_endpoint), credentials.token(), **options)
    except (ValueError, TypeError, KeyError) as error:
        raise _unusable(error) from error
    try:
        try:
            with outages():
                await client.__aenter__()
        except ValueError as error:  # a key that is not base64, found when the first request is signed
            raise _unusable(error) from error
        except OutageError as outage:
            if isinstance(outage.__cause__, IdentityError):
                raise ConfigurationError(str(outage)) from outage
            if getattr(outage.__cause__, "status_code", None) in REFUSED:
                raise refusal(
                    "Cosmos DB refuses the key or identity: check COSMOS_CONNECTION_STRING or the role assignments",
                    settings.cosmos_connection_string,
                ) from outage
            raise
        yield client
    finally:
        await client.__aexit__(None, None, None)


def _both(first: OnResponse, second: OnResponse | None) -> OnResponse:
    if second is None:
        return first

    def on_response(response: Any) -> None:  # noqa: ANN401 -- the SDK's
        first(response)
        second(response)

    return on_response


def _unusable(error: Exception) -> ConfigurationError:
    return ConfigurationError(
        f"COSMOS_CONNECTION_STRING or COSMOS_ENDPOINT cannot be used: {error}. "
        "It should look like AccountEndpoint=https://…;AccountKey=…; or https://NAME.documents.azure.com"
    )


@contextmanager
def outages(server: str = "Cosmos DB") -> Iterator[None]:
    """Turn the SDK's errors of a server that does not answer or throttles into `OutageError`. Other errors pass."""
    try:
        yield
    except CosmosBatchOperationError as error:
        if error.status_code in OUTAGE:
            raise OutageError(f"{server}: status {error.status_code} in a batch") from error
        raise
    except IdentityError as error:
        raise OutageError(f"{server}: {error.message}") from error
    except HttpResponseError as error:
        if error.status_code in OUTAGE:
            raise OutageError(f"{server}: status {error.status_code}: {_first_line(error)}") from error
        if error.status_code == NOT_FOUND and getattr(error, "sub_status", None) == OWNER_MISSING:
            raise OutageError(f"{server}: the database or the container does not exist") from error
        raise
    except (ServiceRequestError, ServiceResponseError, CosmosClientTimeoutError, TimeoutError, OSError) as error:
        raise OutageError(f"{server} cannot be reached: {_first_line(error)}") from error


@asynccontextmanager
async def in_time(seconds: float = _REQUEST_SECONDS) -> AsyncIterator[None]:
    """As `outages`, with a bound on the request: a server that does not answer is an outage, too.

    The bound is shorter than the default time limit of a port, so that a port which keeps its data in Cosmos DB
    reports an outage, and not an outcome that is not known.
    """
    with outages():
        async with asyncio.timeout(seconds):
            yield


async def run_batch(container: ContainerProxy, pk: str, operations: Sequence[Operation]) -> list[dict[str, Any]]:
    """Execute one transactional batch and return the answer to each operation.

    The SDK takes the keyword arguments out of the tuples that it is given, so that a repeat would lose its
    conditions: it gets copies.

    Raises:
        CosmosBatchOperationError: an operation failed, so none was done. `error_index` names it.
        OutageError: the server is away; the batch may have been done.
    """
    copies: list[Operation] = [(name, args, dict(conditions)) for name, args, conditions in operations]
    async with in_time():
        return list(await container.execute_item_batch(copies, partition_key=pk))


def in_chunks(documents: Iterable[dict[str, Any]], limits: BatchLimits) -> Iterator[list[dict[str, Any]]]:
    """Cut the operations into pieces that keep the limits of a transactional batch.

    A document that alone exceeds the limits is a piece of its own.
    """
    chunk: list[dict[str, Any]] = []
    size = 0
    for document in documents:
        length = len(json.dumps(document))
        if chunk and (len(chunk) == limits.operations or size + length > limits.size):
            yield chunk
            chunk, size = [], 0
        chunk.append(document)
        size += length
    if chunk:
        yield chunk


def _first_line(error: AzureError | OSError) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
