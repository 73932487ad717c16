"""A book in which the first entry under a key is permanent.

Simulated ports keep theirs in one: an entry is an effect that the outside world really had.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any, TypeAlias

from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosBatchOperationError

from quartet.azure.cosmos.client import BatchLimits, in_time, outages, run_batch
from quartet.azure.cosmos.keyed_batcher import KeyedBatcher

Entry: TypeAlias = dict[str, Any]
_CONFLICT = 409


class CosmosLedger:
    """Entries are documents with the idempotency key as `id`, partitioned by the saga's bucket.

    Calls that are made at the same time for one bucket become one transactional batch.
    """

    def __init__(self, container: ContainerProxy, limits: BatchLimits | None = None) -> None:
        most = (limits or BatchLimits()).operations
        self._container = container
        self._coalescer: KeyedBatcher[str, Entry, tuple[Entry, bool]] = KeyedBatcher(self._record, most=most)

    async def record(self, pk: str, entry: Entry) -> tuple[Entry, bool]:
        """Enter `entry` unless there is one under its `id`.

        Returns:
            The final entry, and whether it is the given one and was entered now.

        Raises:
            OutageError: it is not known whether the entry was made. Ask again.
        """
        return await self._coalescer.call(pk, {**entry, "pk": pk})

    async def look_up(self, pk: str, key: str) -> Entry | None:
        """The final entry under a key, if there is one.

        Raises:
            OutageError: the ledger cannot be read.
        """
        return (await self._read(pk, [key])).get(key)

    async def entries(self, outcomes: Collection[str]) -> AsyncIterator[Entry]:
        """Every entry with one of these outcomes, of all buckets.

        Raises:
            OutageError: the ledger cannot be read.
        """
        query = self._container.query_items(
            "SELECT * FROM c WHERE ARRAY_CONTAINS(@outcomes, c.outcome)",
            parameters=[{"name": "@outcomes", "value": list(outcomes)}],
        )
        with outages():
            async for entry in query:
                yield entry

    async def entries_of(self, saga_ids: Collection[str], saga_field: str = "saga_id") -> AsyncIterator[Entry]:
        """Every entry of these sagas, in one query. `saga_field`: where an entry says whose it is.

        Raises:
            OutageError: the ledger cannot be read.
        """
        query = self._container.query_items(
            f"SELECT * FROM c WHERE ARRAY_CONTAINS(@sagas, c.{saga_field})",  # noqa: S608 -- the field is a constant
            parameters=[{"name": "@sagas", "value": sorted(saga_ids)}],
        )
        with outages():
            async for entry in query:
                yield entry

    async def _record(self, pk: str, entries: Sequence[Entry]) -> list[tuple[Entry, bool]]:
        # Two callers may ask under one key: the first of them counts, as it would a moment later.
        new = {entry["id"]: entry for entry in reversed(entries)}
        standing: dict[str, Entry] = {}
        while missing := [entry for key, entry in new.items() if key not in standing]:
            try:
                await run_batch(self._container, pk, [("create", (entry,), {}) for entry in missing])
            except CosmosBatchOperationError as error:
                if error.status_code != _CONFLICT:
                    raise
                standing |= await self._read(pk, [entry["id"] for entry in missing])
            else:
                break
        return [
            (standing[key], False) if (key := entry["id"]) in standing else (new[key], entry is new[key])
            for entry in entries
        ]

    async def _read(self, pk: str, keys: Sequence[str]) -> dict[str, Entry]:
        query = self._container.query_items(
            "SELECT * FROM c WHERE ARRAY_CONTAINS(@keys, c.id)",
            parameters=[{"name": "@keys", "value": list(keys)}],
            partition_key=pk,
        )
        async with in_time():
            return {entry["id"]: entry async for entry in query}
