"""Blobs as the lake needs them, and those of a container in Azure Blob Storage."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

from azure.core import MatchConditions
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    IncompleteReadError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.identity.aio import DefaultAzureCredential
from azure.storage.blob.aio import ContainerClient

from quartet import ConfigurationError, OutageError, TransientError
from quartet.adapters import Settings

NOTHING = ""
_AWAY = frozenset({429, 503})
# No repeats: the SDK's first one waits for 15 s, longer than a call of a port may take. The runtime repeats sooner, and
# for as long as it takes.
_OPTIONS: dict[str, Any] = {"retry_total": 0, "connection_timeout": 5, "read_timeout": 5}


@dataclass(frozen=True, slots=True)
class Blob:
    """The content of a blob, and which version of it that is."""

    content: bytes
    version: str


class Blobs(Protocol):
    """A container of blobs. Each call may be repeated.

    Calls raise `OutageError` if the account is away, and `TransientError` if it does not answer.
    """

    async def read(self, name: str) -> Blob | None:
        """The blob; None if there is none."""
        ...

    async def write(self, name: str, content: bytes, *, over: str | None = None) -> bool:
        """Write a blob over whatever is there; with `over`, over that version alone, or where there is `NOTHING`.

        Returns:
            Whether it was written.
        """
        ...

    def names(self) -> AsyncIterator[str]:
        """The name of every blob."""
        ...


@dataclass(frozen=True, slots=True)
class AzureBlobs:
    """`Blobs` in Azure Blob Storage, or on its emulator."""

    container: ContainerClient

    async def read(self, name: str) -> Blob | None:
        """See `Blobs.read`."""
        with _outages():
            try:
                found = await self.container.download_blob(name)
                return Blob(await found.readall(), found.properties.etag)
            except ResourceNotFoundError:
                return None

    async def write(self, name: str, content: bytes, *, over: str | None = None) -> bool:
        """See `Blobs.write`."""
        conditions: dict[str, Any] = {"overwrite": over != NOTHING}
        if over:
            conditions |= {"etag": over, "match_condition": MatchConditions.IfNotModified}
        with _outages():
            try:
                await self.container.upload_blob(name, content, **conditions)
            except (ResourceExistsError, ResourceModifiedError):
                return False
        return True

    async def names(self) -> AsyncIterator[str]:
        """See `Blobs.names`."""
        with _outages():
            async for name in self.container.list_blob_names():
                yield name


@asynccontextmanager
async def open_blobs(settings: Settings, container: str) -> AsyncIterator[AzureBlobs]:
    """A container of the account that the deployment names; it is created if it is missing.

    Raises:
        OutageError: the account does not answer.
        ConfigurationError: it refuses the key or identity.
    """
    account, identity = settings.blob_connection_string, DefaultAzureCredential()
    if account is not None:
        client = ContainerClient.from_connection_string(account, container, **_OPTIONS)
    else:
        url = str(settings.blob_account_url)
        client = ContainerClient(url, container, credential=identity, **_OPTIONS)
    async with identity, client:
        with _outages(), suppress(ResourceExistsError):
            await client.create_container()
        yield AzureBlobs(client)


@contextmanager
def _outages() -> Iterator[None]:
    try:
        yield
    except ClientAuthenticationError as error:
        raise ConfigurationError(f"Blob Storage refuses the key or identity: {error.message}") from error
    except ServiceRequestError as error:
        raise OutageError(f"Blob Storage cannot be reached: {error.message}") from error
    except (ServiceResponseError, IncompleteReadError) as error:
        raise TransientError(f"Blob Storage does not answer: {error.message}") from error
    except HttpResponseError as error:
        if error.status_code in _AWAY:
            raise OutageError(f"Blob Storage is away: {error.message}") from error
        raise  # the engine knows what the status means
