"""Dead letters in Cosmos DB, with everything that is needed to look into one and to redrive it."""

import asyncio
import base64
import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosBatchOperationError,
    CosmosResourceNotFoundError,
)

from quartet.azure.cosmos.client import BatchLimits, in_chunks, outages, run_batch
from quartet.azure.cosmos.letter_expiry import (
    NOT_A_COPY,
    TTL,
    Document,
    copied,
    emptied,
    opened_again,
    seconds_of,
)
from quartet.azure.cosmos.stored_letters import (
    LEGACY_SAGA_ID,
    OF_SAGA,
    UnreadableLetterError,
    by_death,
    saga_id_in,
    stored_letter,
)
from quartet.azure.settings import DEAD_LETTER_DAYS
from quartet.engine.dead_letters.store import DISCARDED, Settled, StoredLetter
from quartet.engine.declaration.hubs import REFUSED
from quartet.engine.errors import OutageError
from quartet.engine.ports import DeadLetter
from quartet.events import bucket_of

CONFLICT: Final = 409
# Integers beyond this are not the same everywhere in JSON.
_SAFE_INTEGER: Final = 2**53


class CosmosDeadLetters:
    """A `DeadLetterStore`: the service's `dead-letters` container, partitioned by bucket like the records."""

    def __init__(
        self,
        container: ContainerProxy,
        buckets: int,
        limits: BatchLimits | None = None,
        *,
        days: int = DEAD_LETTER_DAYS,
    ) -> None:
        """Work with this container. What is closed expires after `days` days."""
        self._container = container
        self._seconds = seconds_of(days)
        self._limits = limits or BatchLimits()
        self._buckets = buckets

    async def put(self, letters: Sequence[DeadLetter]) -> None:
        """See `DeadLetters.put`. One transactional batch per bucket, if none of them exists."""
        by_bucket: dict[str, dict[str, Document]] = defaultdict(dict)
        for letter in letters:
            document = dead_letter_document(letter, self._buckets)
            by_bucket[document["pk"]][letter.id] = document
        results = await asyncio.gather(
            *(self._put_bucket(pk, documents) for pk, documents in by_bucket.items()), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _put_bucket(self, pk: str, documents: Mapping[str, Document]) -> None:
        for chunk in in_chunks(documents.values(), self._limits):
            missing = {document["id"]: document for document in chunk}
            while missing:
                try:
                    await run_batch(self._container, pk, [("create", (document,), {}) for document in missing.values()])
                except CosmosBatchOperationError as error:
                    if error.status_code != CONFLICT:
                        raise
                    existing = await self._existing(pk, missing)
                    if not existing:
                        raise OutageError("Cosmos DB: a dead letter exists and cannot be read yet") from error
                    for letter_id in existing:
                        if await self._die_again(missing[letter_id]):
                            del missing[letter_id]
                else:
                    break

    async def _existing(self, pk: str, letter_ids: Collection[str]) -> list[str]:
        query = self._container.query_items(
            "SELECT VALUE c.id FROM c WHERE ARRAY_CONTAINS(@ids, c.id)",
            parameters=[{"name": "@ids", "value": list(letter_ids)}],
            partition_key=pk,
        )
        with outages():
            return [str(letter_id) async for letter_id in query]

    async def discarded_sagas(self) -> set[str]:
        """See `DeadLetters.discarded_sagas`."""
        query = self._container.query_items(
            f"SELECT c.saga_id, c.{LEGACY_SAGA_ID} FROM c WHERE c.settled.outcome = @outcome",  # noqa: S608 -- a constant
            parameters=[{"name": "@outcome", "value": DISCARDED}],
        )
        with outages():
            sagas = {saga_id_in(document) async for document in query}
        return {saga_id for saga_id in sagas if isinstance(saga_id, str)}

    async def find(self, *, saga_id: str | None = None, settled: bool = False) -> list[StoredLetter]:
        """See `DeadLetterStore.find`."""
        conditions = [NOT_A_COPY] if settled else ["(NOT IS_DEFINED(c.settled) OR IS_NULL(c.settled))"]
        options: dict[str, Any] = {}
        if saga_id is not None:
            conditions.append(OF_SAGA)
            options = {
                "parameters": [{"name": "@saga", "value": saga_id}],
                "partition_key": bucket_of(saga_id, self._buckets),
            }
        query = self._container.query_items(f"SELECT * FROM c WHERE {' AND '.join(conditions)}", **options)  # noqa: S608 -- constants
        letters: list[StoredLetter] = []
        with outages():
            async for document in query:
                # One that another release has stored, or that was edited, must not keep the others from being found.
                # The record keeps its place in the queue of its saga.
                with suppress(UnreadableLetterError):
                    letters.append(stored_letter(document))
        return sorted(letters, key=by_death)

    async def get(self, letter_id: str) -> StoredLetter | None:
        """See `DeadLetterStore.get`."""
        query = self._container.query_items(
            "SELECT * FROM c WHERE c.id = @id", parameters=[{"name": "@id", "value": letter_id}]
        )
        with outages():
            async for document in query:
                return stored_letter(document)
        return None

    async def settle(self, stored: StoredLetter, settled: Settled) -> bool:
        """See `DeadLetterStore.settle`."""
        with outages():
            try:
                current = await self._container.read_item(stored.id, _bucket(stored.letter, self._buckets))
            except CosmosResourceNotFoundError:
                return False
            end = {"at": settled.at.isoformat(), "outcome": settled.outcome}
            if current["_etag"] != stored.etag:
                return False
            if settled.outcome == DISCARDED:
                return await self._discard(current, end)
            return await self._replace(current, {**current, "settled": end, TTL: self._seconds})

    async def _discard(self, current: Document, end: Document) -> bool:
        """Whether it is unchanged since it was read. Its content moves into a copy that expires."""
        empty = emptied(current, end)
        operations = [
            ("replace", (current["id"], empty), {"if_match_etag": current["_etag"]}),
            ("upsert", (copied(current, end, self._seconds),), {}),
        ]
        try:
            await run_batch(self._container, current["pk"], operations)
        except HttpResponseError as error:
            if error.status_code in {HTTPStatus.PRECONDITION_FAILED, HTTPStatus.NOT_FOUND}:
                return False
            if error.status_code != HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                raise
            return await self._replace(current, empty)  # there is no room for a copy
        return True

    async def _die_again(self, document: Document) -> bool:
        """A dead letter that exists is open again. Returns whether it still existed.

        One that names no saga, or is forged, stays discarded if it was. Of a saga, the record knows what was discarded,
        and an event that gets here is not among it.
        """
        replaced = False
        while not replaced:
            with outages():
                try:
                    current = await self._container.read_item(document["id"], document["pk"])
                except CosmosResourceNotFoundError:
                    return False
                outcome = (current.get("settled") or {}).get("outcome")
                blocks_none = document["saga_id"] is None or document["reason"] in REFUSED
                if blocks_none and outcome == DISCARDED:
                    return True
                replaced = await self._replace(current, opened_again(current, document))
        return True

    async def _replace(self, current: Mapping[str, Any], document: Document) -> bool:
        """Whether it is unchanged since it was read."""
        try:
            await self._container.replace_item(
                current["id"],
                document,
                etag=current["_etag"],
                match_condition=MatchConditions.IfNotModified,
            )
        except CosmosAccessConditionFailedError:
            return False
        except CosmosResourceNotFoundError:  # it has expired since
            return False
        return True


def dead_letter_document(letter: DeadLetter, buckets: int) -> dict[str, Any]:
    """The document of a dead letter; readable text where the body is text, base64 in any case."""
    message = letter.message
    return {
        "id": letter.id,
        "pk": _bucket(letter, buckets),
        "saga_id": letter.saga_id,
        "event_id": letter.event_id,
        "event_type": letter.event_type,
        "reason": letter.reason,
        "detail": _text(letter.detail),
        "attempts": letter.attempts,
        "partition": letter.partition,
        "sequence_number": message.sequence_number,
        "offset": message.offset,
        "dead_at": letter.dead_at.isoformat(),
        "content_type": None if message.content_type is None else _text(message.content_type),
        "properties": _plain(message.properties),
        "body": base64.b64encode(message.body).decode(),
        "text": message.body.decode("utf-8", "backslashreplace")[:10_000],
        **({"digest": message.digest} if message.digest else {}),
        **({"body_form": message.body_form} if message.body_form != "data" else {}),
        **({"hub": message.hub} if message.hub else {}),
        "settled": None,
    }


def _bucket(letter: DeadLetter, buckets: int) -> str:
    return bucket_of(letter.saga_id or f"{letter.partition}:{letter.message.sequence_number}", buckets)


def _plain(properties: Mapping[str, object]) -> dict[str, object]:
    return {str(_as_json(key)): _as_json(value) for key, value in properties.items()}


def _as_json(value: object) -> object:
    """What JSON keeps as it is; bytes as the text that they are, and everything else as text."""
    match value:
        case bool() | None:
            return value
        case int() if abs(value) < _SAFE_INTEGER:
            return value
        case float() if math.isfinite(value):
            return value
        case bytes():
            return value.decode("utf-8", "backslashreplace")
        case _:
            return _text(str(value))


def _text(text: str) -> str:
    """Text that UTF-8 can encode: half of a surrogate pair is written as its escape."""
    return text.encode("utf-8", "backslashreplace").decode()
