"""Dead letters in Cosmos DB: everything that is needed to look into one, and to try again."""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from azure.core import MatchConditions
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)

from shared.events import bucket_of
from shared.runtime.cosmos import outages
from shared.runtime.letter_box import Settled, StoredLetter
from shared.runtime.ports import DeadLetter, Message

# Values that JSON keeps as they are; bytes become the text that they are, everything else is written as text.
_PLAIN = (str, int, float, bool, type(None))


class CosmosDeadLetters:
    """A `LetterBox`: the service's `dead-letters` container, partitioned by bucket like the orders."""

    def __init__(self, container: ContainerProxy, buckets: int) -> None:
        self._container = container
        self._buckets = buckets

    async def put(self, letters: Sequence[DeadLetter]) -> None:
        """See `DeadLetters.put`. One that is there already is open again, and keeps the time of its first death."""
        for letter in letters:
            document = dead_letter_document(letter, self._buckets)
            with outages():
                try:
                    await self._container.create_item(document)
                except CosmosResourceExistsError:
                    while not await self._die_again(document):
                        pass  # somebody else has changed it in between

    async def find(self, *, order_id: str | None = None, settled: bool = False) -> list[StoredLetter]:
        """See `LetterBox.find`."""
        conditions = ["true"] if settled else ["(NOT IS_DEFINED(c.settled) OR IS_NULL(c.settled))"]
        options: dict[str, Any] = {}
        if order_id is not None:
            conditions.append("c.order_id = @order")
            options = {
                "parameters": [{"name": "@order", "value": order_id}],
                "partition_key": bucket_of(order_id, self._buckets),
            }
        query = self._container.query_items(f"SELECT * FROM c WHERE {' AND '.join(conditions)}", **options)  # noqa: S608 -- constants
        with outages():
            letters = [stored_letter(document) async for document in query]
        return sorted(
            letters, key=lambda one: (one.letter.dead_at, one.letter.partition, one.letter.message.sequence_number)
        )

    async def get(self, letter_id: str) -> StoredLetter | None:
        """See `LetterBox.get`."""
        query = self._container.query_items(
            "SELECT * FROM c WHERE c.id = @id", parameters=[{"name": "@id", "value": letter_id}]
        )
        with outages():
            async for document in query:
                return stored_letter(document)
        return None

    async def settle(self, stored: StoredLetter, settled: Settled) -> bool:
        """See `LetterBox.settle`."""
        with outages():
            try:
                current = await self._container.read_item(stored.id, _bucket(stored.letter, self._buckets))
            except CosmosResourceNotFoundError:
                return False
            end = {"at": settled.at.isoformat(), "outcome": settled.outcome}
            return current["_etag"] == stored.etag and await self._replace(current, settled=end)

    async def _die_again(self, document: dict[str, Any]) -> bool:
        current = await self._container.read_item(document["id"], document["pk"])
        attempts = current["attempts"] + document["attempts"]
        news = {name: document[name] for name in ("reason", "detail", "settled")}
        return await self._replace(current, attempts=attempts, **news)

    async def _replace(self, current: Mapping[str, Any], **changes: object) -> bool:
        """Whether nobody else has written it since it was read."""
        try:
            await self._container.replace_item(
                current["id"],
                {**current, **changes},
                etag=current["_etag"],
                match_condition=MatchConditions.IfNotModified,
            )
        except CosmosAccessConditionFailedError:
            return False
        return True


def dead_letter_document(letter: DeadLetter, buckets: int) -> dict[str, Any]:
    """The document of a dead letter; readable text where the body is text, base64 in any case."""
    message = letter.message
    return {
        "id": letter.id,
        "pk": _bucket(letter, buckets),
        "order_id": letter.order_id,
        "event_id": letter.event_id,
        "event_type": letter.event_type,
        "reason": letter.reason,
        "detail": letter.detail,
        "attempts": letter.attempts,
        "partition": letter.partition,
        "sequence_number": message.sequence_number,
        "offset": message.offset,
        "dead_at": letter.dead_at.isoformat(),
        "content_type": message.content_type,
        "properties": _plain(message.properties),
        "body": base64.b64encode(message.body).decode(),
        "text": message.body.decode("utf-8", "backslashreplace")[:10_000],
        "settled": None,
    }


def stored_letter(document: Mapping[str, Any]) -> StoredLetter:
    """The dead letter in a document."""
    message = Message(
        body=base64.b64decode(document["body"]),
        content_type=document["content_type"],
        properties=document["properties"],
        sequence_number=document["sequence_number"],
        offset=document["offset"],
    )
    letter = DeadLetter(
        message=message,
        partition=document["partition"],
        reason=document["reason"],
        detail=document["detail"],
        attempts=document["attempts"],
        order_id=document["order_id"],
        event_id=document["event_id"],
        event_type=document["event_type"],
        dead_at=datetime.fromisoformat(document["dead_at"]),
    )
    end = document.get("settled")
    settled = Settled(datetime.fromisoformat(end["at"]), end["outcome"]) if end else None
    return StoredLetter(letter, settled, document["_etag"])


def _bucket(letter: DeadLetter, buckets: int) -> str:
    return bucket_of(letter.order_id or f"{letter.partition}:{letter.message.sequence_number}", buckets)


def _plain(properties: Mapping[str, object]) -> dict[str, object]:
    def plain(value: object) -> object:
        if isinstance(value, bytes):
            return value.decode("utf-8", "backslashreplace")
        return value if isinstance(value, _PLAIN) else str(value)

    return {str(plain(key)): plain(value) for key, value in properties.items()}
