"""Checkpoints of a hub that was deleted: find them, put them back to the beginning, and log it.

A hub that was recreated starts to count again, but the old checkpoints are still in Blob Storage. One that lies
beyond the end of the new hub makes the server refuse the receiver. The SDK treats that like a receiver that was closed:
it retries forever and logs nothing. One that lies within the new hub skips events. Effects are idempotent, so to begin
again costs time and nothing else.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from azure.core.exceptions import AzureError
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosResourceNotFoundError
from azure.eventhub.aio import EventHubProducerClient
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore
from structlog.typing import FilteringBoundLogger

from quartet.azure.cosmos.client import outages
from quartet.azure.event_hubs.client import hub_outages
from quartet.azure.sdk_internals.calls import namespace_of
from quartet.engine.errors import OutageError

_BEGINNING: Final = {"offset": "-1", "sequence_number": -1}
_RECORD: Final = "hub"


class StaleCheckpoints:
    """Compares one consumer group's checkpoints with the hub that is there.

    Which hub that is, by the time at which it was made, is recorded in the service's own database: no two clocks are
    compared. A hub that was never recorded is told by checkpoints that lie beyond its end.
    """

    def __init__(
        self,
        hub: EventHubProducerClient,
        store: BlobCheckpointStore,
        deployment: ContainerProxy,
        group: str,
        log: FilteringBoundLogger,
        *,
        label: str = "",
    ) -> None:
        """`label`: the name of the hub, unless it is the main one."""
        self._hub = hub
        self._id = f"{_RECORD}-{label}" if label else _RECORD
        self._store = store
        self._deployment = deployment
        self._log = log
        self._place = (namespace_of(hub), hub.eventhub_name, group)

    async def reset(self, *, all_of_them: bool = False) -> bool:
        """Put stale checkpoints back to the beginning, or `all_of_them`. Whether there were any.

        Raises:
            OutageError: a server did not answer. Some checkpoints may have been put back.
        """
        with hub_outages():
            properties = await self._hub.get_eventhub_properties()
        made_at = str(properties["created_at"])
        checkpoints = await self.checkpoints()
        recorded = await self._recorded()
        if all_of_them or recorded not in {None, made_at}:
            self._log.error("event hub was recreated; reading it from the beginning", made_at=made_at, before=recorded)
            await self._put_back(checkpoints)
            await self._record(made_at)
            return True
        if recorded is None:
            await self._record(made_at)
        beyond = await self._beyond(checkpoints)
        for checkpoint in beyond:
            self._log.error(
                "checkpoint is beyond the end of the hub; reading the partition from the beginning",
                partition=checkpoint["partition_id"],
                checkpoint=checkpoint["sequence_number"],
            )
        await self._put_back(beyond)
        return bool(beyond)

    async def checkpoints(self) -> list[dict[str, Any]]:
        """The group's checkpoints, as the SDK gives them.

        Raises:
            OutageError: Blob Storage did not answer.
        """
        try:
            return list(await self._store.list_checkpoints(*self._place))
        except (AzureError, OSError, TimeoutError) as error:
            raise _blob_outage(error) from error

    async def _beyond(self, checkpoints: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        # The checkpoints were read before: what has come in since can only make the end later.
        ends = await asyncio.gather(*(self._end(checkpoint["partition_id"]) for checkpoint in checkpoints))
        return [one for one, end in zip(checkpoints, ends, strict=True) if one["sequence_number"] > end]

    async def _end(self, partition: str) -> int:
        with hub_outages():
            properties = await self._hub.get_partition_properties(partition)
        return int(properties["last_enqueued_sequence_number"])

    async def _put_back(self, checkpoints: Sequence[dict[str, Any]]) -> None:
        try:
            for checkpoint in checkpoints:
                await self._store.update_checkpoint({**checkpoint, **_BEGINNING})
        except (AzureError, OSError, TimeoutError) as error:
            raise _blob_outage(error) from error

    async def _recorded(self) -> str | None:
        with outages():
            try:
                return str((await self._deployment.read_item(self._id, partition_key=self._id))["made_at"])
            except CosmosResourceNotFoundError:
                return None

    async def _record(self, made_at: str) -> None:
        with outages():
            await self._deployment.upsert_item({"id": self._id, "made_at": made_at})


def _blob_outage(error: Exception) -> OutageError:
    return OutageError(f"Blob Storage: {(str(error).splitlines() or [type(error).__name__])[0]}")
