"""Reading the checkpoint store: the position of each service by its checkpoints, and the owner of each partition."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeAlias

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore

from quartet.azure.credentials import IdentityError
from quartet.azure.sdk_internals.calls import container_of
from quartet.azure.settings import Settings
from quartet.engine.errors import ConfigurationError, OutageError, one_line
from quartet.terminal.user_error import UserError

_REFUSED: Final = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class Progress:
    """The position and owner of one service in one partition.

    Attributes:
        checkpoint: the sequence number of the last event that is finished, -1 if the checkpoint was put back to the
            beginning; None if there is no checkpoint.
        written: when that was written.
        owner: the replica that has the partition, or had it last; empty if it was given back, or never taken.
        renewed: when that was said last.
    """

    checkpoint: int | None = None
    written: datetime | None = None
    owner: str = ""
    renewed: datetime | None = None


ByPartition: TypeAlias = dict[str, Progress]


async def read_progress(store: BlobCheckpointStore, namespace: str, settings: Settings, service: str) -> ByPartition:
    """The positions and owners of a service in the hub of these settings, by partition, in one list of blobs.

    Raises:
        UserError: there is no container, or a checkpoint cannot be read.
        ConfigurationError: Blob Storage refuses the key or identity.
        OutageError: it does not answer.
    """
    prefix = f"{namespace}/{settings.event_hub_name}/{service}/".lower()
    found: ByPartition = {}
    with _blob_failures(settings.blob_container):
        async for blob in container_of(store).list_blobs(name_starts_with=prefix, include=["metadata"]):
            kind, _, partition = str(blob.name).removeprefix(prefix).partition("/")
            known, metadata = found.get(partition, Progress()), blob.metadata or {}
            if kind == "checkpoint":
                number = _sequence_number(blob.name, metadata)
                found[partition] = replace(known, checkpoint=number, written=blob.last_modified)
            elif kind == "ownership":
                found[partition] = replace(known, owner=metadata.get("ownerid", ""), renewed=blob.last_modified)
    return found


def _sequence_number(name: str, metadata: dict[str, str]) -> int:
    try:
        return int(metadata["sequencenumber"])
    except (KeyError, ValueError) as error:
        raise UserError(
            f"the checkpoint {name} in Blob Storage cannot be read: it has no sequence number. Delete it, and the "
            "partition is read from its beginning"
        ) from error


@contextmanager
def _blob_failures(container: str) -> Iterator[None]:
    """Turn the SDK's errors into one line."""
    try:
        yield
    except ResourceNotFoundError as error:
        raise UserError(
            f"Blob Storage has no container {container!r}, so it is not known how far the services are: "
            "start the services, which create it with a key; or check BLOB_CONTAINER"
        ) from error
    except IdentityError as error:
        raise ConfigurationError(f"Blob Storage: {error.message}") from error
    except HttpResponseError as error:
        if error.status_code in _REFUSED:
            raise ConfigurationError(
                "Blob Storage refuses the key or identity: check BLOB_CONNECTION_STRING or the role assignments"
            ) from error
        raise OutageError(f"Blob Storage: status {error.status_code}") from error
    except (AzureError, OSError, TimeoutError) as error:
        raise OutageError(f"Blob Storage cannot be reached: {one_line(error)}") from error
