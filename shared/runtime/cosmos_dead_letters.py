"""Dead letters in Cosmos DB: everything that is needed to look into one, and to try again."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from azure.cosmos.aio import ContainerProxy

from shared.events import bucket_of
from shared.runtime.cosmos import outages
from shared.runtime.ports import DeadLetter


class CosmosDeadLetters:
    """Keeps them in the service's `dead-letters` container, partitioned by bucket like the orders."""

    def __init__(self, container: ContainerProxy, buckets: int) -> None:
        self._container = container
        self._buckets = buckets

    async def put(self, letters: Sequence[DeadLetter]) -> None:
        """See `DeadLetters.put`. The id is derived from the message, so the same one again changes nothing."""
        for letter in letters:
            with outages():
                await self._container.upsert_item(dead_letter_document(letter, self._buckets))


def dead_letter_document(letter: DeadLetter, buckets: int) -> dict[str, Any]:
    """The document of a dead letter; readable text where the body is text, base64 in any case."""
    message = letter.message
    place = f"{letter.partition}:{message.sequence_number}"
    digest = hashlib.sha256(message.body).hexdigest()[:16]
    return {
        "id": f"{letter.partition}-{message.sequence_number}-{digest}",
        "pk": bucket_of(letter.order_id or place, buckets),
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
        "properties": _readable(message.properties),
        "body": base64.b64encode(message.body).decode(),
        "text": message.body.decode("utf-8", "backslashreplace")[:10_000],
    }


def _readable(properties: Mapping[str, object]) -> dict[str, str]:
    def text(value: object) -> str:
        return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)

    return {text(key): text(value) for key, value in properties.items()}
