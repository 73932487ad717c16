"""The records of a participant in Cosmos DB: loaded in one query, committed in one batch per bucket."""

import asyncio
from collections.abc import Collection, Sequence
from typing import Generic, TypeVar

from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosBatchOperationError

from quartet.azure.cosmos.client import CONFLICT, BatchLimits, Operation, in_chunks, outages, run_batch
from quartet.azure.cosmos.keyed_batcher import KeyedBatcher
from quartet.engine.errors import OutageError
from quartet.engine.records.codec import RecordCodec, StateSchema
from quartet.engine.records.record import Record
from quartet.engine.telemetry.port import UNOBSERVED, Observer
from quartet.events import bucket_of

S = TypeVar("S")

# As many as the SDK asks for in one query; the default page is a tenth of that.
_PAGE = 1000


class CosmosRecords(Generic[S]):
    """A `RecordStore`. All sagas of a bucket are one logical partition, so their writes commit as a group.

    So do those of several partitions of the hub: while one write of a bucket is under way, the next ones wait, and
    then go together.
    """

    def __init__(
        self,
        container: ContainerProxy,
        state: type[S] | StateSchema[S],
        buckets: int,
        limits: BatchLimits | None = None,
        observer: Observer = UNOBSERVED,
    ) -> None:
        self._observer = observer
        self._container = container
        self._limits = limits or BatchLimits()
        self._commits: KeyedBatcher[str, Record[S], str | None] = KeyedBatcher(
            self._commit_bucket, most=self._limits.operations
        )
        self._codec = RecordCodec(state)
        self._buckets = buckets

    async def load(self, saga_ids: Collection[str]) -> dict[str, Record[S]]:
        """See `RecordStore.load`. One query for all, in any bucket."""
        with outages():
            documents = await self._container.read_items(
                [(saga_id, bucket_of(saga_id, self._buckets)) for saga_id in saga_ids], max_item_count=_PAGE
            )
        return {document["id"]: self._codec.decode(document) for document in documents}

    async def commit(self, records: Sequence[Record[S]]) -> dict[str, str]:
        """See `RecordStore.commit`. The buckets are written side by side."""
        # Wait for all records, also when one fails: none of them is written after this returns.
        writes = (self._commits.call(record.pk, record) for record in records)
        results = await asyncio.gather(*writes, return_exceptions=True)
        if failures := [result for result in results if isinstance(result, BaseException)]:
            raise next((error for error in failures if isinstance(error, OutageError)), failures[0])
        return {record.saga_id: etag for record, etag in zip(records, results, strict=True) if isinstance(etag, str)}

    async def _commit_bucket(self, pk: str, records: Sequence[Record[S]]) -> list[str | None]:
        """Write these records. Returns their new ETags; None for one that lost.

        Of two records of one saga the first one counts: the second has not seen it.
        """
        etags: dict[str, str] = {}
        by_id = {record.saga_id: record for record in reversed(records)}
        for chunk in in_chunks((self._codec.encode(record) for record in by_id.values()), self._limits):
            writes = {document["id"]: _write(document, by_id[document["id"]]) for document in chunk}
            etags |= await self._commit_chunk(pk, writes)
        return [etags.get(record.saga_id) if by_id[record.saga_id] is record else None for record in records]

    async def _commit_chunk(self, pk: str, writes: dict[str, Operation]) -> dict[str, str]:
        """Write all that can be written. One conflict fails the whole batch, so the losers are found and left out."""
        while writes:
            began = self._observer.clock()
            try:
                responses = await run_batch(self._container, pk, list(writes.values()))
            except CosmosBatchOperationError as error:
                if error.status_code not in CONFLICT or error.error_index is None:
                    raise
                losers = await self._losers(pk, writes) | {list(writes)[error.error_index]}
                writes = {saga_id: write for saga_id, write in writes.items() if saga_id not in losers}
            else:
                if self._observer.on:
                    charges = (float(response.get("requestCharge", 0)) for response in responses)
                    self._observer.wrote(self._container.id, dict(zip(writes, charges, strict=True)), began)
                return {saga_id: response["eTag"] for saga_id, response in zip(writes, responses, strict=True)}
        return {}

    async def _losers(self, pk: str, writes: dict[str, Operation]) -> set[str]:
        """Which of these writes would fail now: all of them in one query, not one attempt each."""
        query = self._container.query_items(
            "SELECT c.id, c._etag FROM c WHERE ARRAY_CONTAINS(@ids, c.id)",
            parameters=[{"name": "@ids", "value": list(writes)}],
            partition_key=pk,
        )
        with outages():
            stored = {row["id"]: row["_etag"] async for row in query}
        return {saga_id for saga_id, write in writes.items() if stored.get(saga_id) != _expected(write)}


def _write(document: dict[str, object], record: Record[S]) -> Operation:
    if record.etag is None:
        return ("create", (document,), {})
    return ("replace", (record.saga_id, document), {"if_match_etag": record.etag})


def _expected(write: Operation) -> str | None:
    """The ETag that a write counts on; None if it counts on there being no document."""
    _, _, conditions = write
    return conditions.get("if_match_etag")
