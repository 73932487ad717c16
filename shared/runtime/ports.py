"""What the engine needs from outside. The Azure SDKs stand behind these; a simulation can, too."""

import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from shared.runtime.record import Json, Record

S = TypeVar("S")

Now = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Message:
    """One event as the hub delivered it, before anybody has looked inside.

    Attributes:
        body: the bytes.
        content_type: of the AMQP message, if it says one.
        properties: the AMQP application properties.
        sequence_number: its place in the partition.
        offset: the hub's name for that place; opaque.
    """

    body: bytes
    content_type: str | None
    properties: Mapping[str, object]
    sequence_number: int
    offset: str

    def letter_id(self, partition: str) -> str:
        """The id that it has as a dead letter: the same whenever it is delivered from this place of the hub."""
        digest = hashlib.sha256(self.body).hexdigest()[:16]
        return f"{partition}-{self.sequence_number}-{digest}"


class RecordStore(Protocol[S]):
    """Where the records of a participant are kept."""

    async def load(self, order_ids: Collection[str]) -> dict[str, Record[S]]:
        """The records that exist, in as few requests as possible.

        Raises:
            OutageError: the store cannot be reached or is too busy; nothing is known.
        """

    async def commit(self, records: Sequence[Record[S]]) -> dict[str, str]:
        """Write each record if nobody else has written it since it was read.

        Returns:
            The new ETag of every record that was written, by order id. A record that is missing there lost to
            another writer and must be loaded again.

        Raises:
            OutageError: the store cannot be reached. Some of the records may have been written.
        """


class Publisher(Protocol):
    """Says events on the hub."""

    async def publish(self, partition: str, events: Sequence[Json]) -> None:
        """Send structured CloudEvents to one partition, in order, in as few sends as possible.

        Raises:
            OutageError: the hub did not accept all of them. Some may have been accepted.
        """


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that the service could not handle, kept with everything needed to look into it.

    Attributes:
        reason: a stable code: `invalid_data`, `handler_failed`, `waiting`, …
        detail: one line for a person.
        attempts: how often it was tried.
        order_id, event_id, event_type: None where the event could not be read that far.
    """

    message: Message
    partition: str
    reason: str
    detail: str
    attempts: int
    order_id: str | None
    event_id: str | None
    event_type: str | None
    dead_at: datetime

    @property
    def id(self) -> str:
        """Derived from the message, so that a redelivery gives the same dead letter."""
        return self.message.letter_id(self.partition)


class DeadLetters(Protocol):
    """Where dead letters go."""

    async def put(self, letters: Sequence[DeadLetter]) -> None:
        """Keep them. Keeping one twice keeps it once, with the later reason and the sum of the attempts.

        Raises:
            OutageError: the store cannot be reached. Some of them may have been kept.
        """
