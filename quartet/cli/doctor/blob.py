"""The checkpoint store: may we in, may we write, and do the checkpoints fit the hub."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore

from quartet.azure.credentials import Credentials, IdentityError
from quartet.azure.sdk_internals.calls import container_of
from quartet.azure.settings import Settings
from quartet.cli.doctor.addresses import Address
from quartet.cli.doctor.check import Verdict, broken, doubtful, fine
from quartet.cli.doctor.lag import LagVisit
from quartet.cli.reading.connection import AGENT
from quartet.process.startup import new_checkpoint_store

_NO_PARTITION = "quartet-doctor"


class BlobVisit:
    """The checks of one container, which share a client."""

    def __init__(self, settings: Settings, address: Address, credentials: Credentials, stack: AsyncExitStack) -> None:
        self._settings = settings
        self._address = address
        self._credentials = credentials
        self._stack = stack
        self._open: BlobCheckpointStore | None = None

    async def check_access(self) -> Verdict:
        """Whether the container exists and the key or identity may list it."""
        self._open = await self._stack.enter_async_context(
            new_checkpoint_store(self._settings, self._credentials, AGENT)
        )
        container = self._settings.blob_container
        try:
            await self._open.list_checkpoints("-", "-", "-")
        except ResourceNotFoundError:
            return broken(
                f"there is no container {container!r}",
                "with a key, services create it when they start; with an identity, restore it if it was deleted, or "
                "deploy the infrastructure",
            )
        except IdentityError as error:
            return broken(error.message, "see the check of the identity")
        except HttpResponseError as error:
            return broken(f"refused: status {error.status_code}", self._access_hint())
        how = f"with {self._address.key}" if self._address.key else "with the identity"
        return fine(f"{container}, {how}")

    async def check_checkpoints(self, lag: LagVisit, group: str) -> Verdict:
        """Whether a group's checkpoints may be written, and point to events that the hub has."""
        refusal = await self._try_to_write(lag.checkpoint_name(group, _NO_PARTITION))
        if refusal is not None:
            return refusal
        views = [view for view in await lag.views() if group in view.progress]
        return judge_checkpoints(
            [
                {"partition_id": view.where(partition), "sequence_number": known.checkpoint}
                for view in views
                for partition, known in view.progress[group].items()
                if known.checkpoint is not None
            ],
            {view.where(one): ends for view in views for one, ends in view.ends_for(group).items()},
        )

    async def _try_to_write(self, name: str) -> Verdict | None:
        """The error of a write, found by a write that changes nothing: the blob does not exist.

        The store writes a checkpoint with the same request. Rights may be limited to a group's own names.
        """
        blob = container_of(self.store).get_blob_client(name)
        try:
            await blob.set_blob_metadata({})
        except ResourceNotFoundError:
            return None
        except HttpResponseError as error:
            return broken(f"may not be written: status {error.status_code}", self._access_hint())
        return doubtful(f"there is a blob {name}", "another program has put it there; remove it")

    @property
    def store(self) -> BlobCheckpointStore:
        """The store, once `check_access` has opened it."""
        if self._open is None:
            raise AssertionError("needs the check of access")
        return self._open

    def _access_hint(self) -> str:
        if self._address.key is not None:
            return "check the key in BLOB_CONNECTION_STRING"
        return (
            "give the identity the role that reads, writes and adds blobs in the container (docs/cloud-mode.md); a new "
            "assignment takes minutes to work"
        )


def judge_checkpoints(checkpoints: list[dict[str, Any]], ends: Mapping[str, tuple[int, int]]) -> Verdict:
    """Compare checkpoints with the first and the last sequence number of each partition.

    A partition without a checkpoint is read from its first event: all that it has is waiting.
    """
    beyond, lost = [], []
    handled = {partition: first - 1 for partition, (first, _) in ends.items()}
    for one in checkpoints:
        partition, number = str(one["partition_id"]), int(one["sequence_number"])
        first, last = ends.get(partition, (0, -1))
        handled[partition] = max(number, first - 1)
        if number > last:
            beyond.append(f"{partition} (checkpoint {number}, end {last})")
        elif 0 <= number < first - 1:
            lost.append(f"{partition} (checkpoint {number}, beginning {first})")
    if beyond:
        return broken(
            f"beyond the end of the hub: partition {', '.join(beyond)}",
            "the hub was recreated: restart the service, which then reads it from the beginning",
        )
    if lost:
        return doubtful(
            f"events were lost before they were read: partition {', '.join(lost)}",
            "the hub keeps events for too short a time, or the service was down for too long; see quartet audit",
        )
    waiting = sum(max(last - handled[partition], 0) for partition, (_, last) in ends.items())
    if not checkpoints:
        return fine(f"none yet: the service has not finished anything; {waiting} events behind")
    return fine(f"of {len(checkpoints)} of {len(ends)} partitions; {waiting} events behind")
