"""The engine's own ports. The Azure SDKs implement them, and so can a simulation."""

import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, TypeVar

from quartet.engine.records.record import Json, Record
from quartet.events import BodyForm

S = TypeVar("S")

Now = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Message:
    """One event as the hub delivered it, before it is read.

    Attributes:
        body: the bytes.
        content_type: of the AMQP message, if it says one.
        properties: the AMQP application properties.
        sequence_number: its place in the partition.
        offset: the hub's name for that place; opaque.
        body_form: which kind of AMQP body it was; if it was not data, `body` is a rendering for people.
        hub: the name of the hub that it came in by; empty for the main hub of the application.
        enqueued_at: when the hub took it in, if that is known.
        digest: in place of a body that could not be kept with its dead letter; empty otherwise.
    """

    body: bytes
    content_type: str | None
    properties: Mapping[str, object]
    sequence_number: int
    offset: str
    digest: str = ""
    body_form: BodyForm = "data"
    hub: str = ""
    enqueued_at: datetime | None = field(default=None, compare=False)

    def letter_id(self, partition: str) -> str:
        """The id that it has as a dead letter: the same whenever it is delivered from this place of the hub."""
        digest = self.digest or hashlib.sha256(self.body).hexdigest()[:16]
        place = f"{self.hub}-{partition}" if self.hub else partition
        return f"{place}-{self.sequence_number}-{digest}"


class RecordStore(Protocol[S]):
    """Where the records of a participant are kept."""

    async def load(self, saga_ids: Collection[str]) -> dict[str, Record[S]]:
        """The records that exist, in as few requests as possible.

        Raises:
            OutageError: the store cannot be reached or is too busy; nothing is known.
        """

    async def commit(self, records: Sequence[Record[S]]) -> dict[str, str]:
        """Write each record unless it has changed since it was read.

        Returns:
            The new ETag of every record that was written, by saga id. A record that is missing there lost to
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
        saga_id, event_id, event_type: None where the event could not be read that far.
    """

    message: Message
    partition: str
    reason: str
    detail: str
    attempts: int
    saga_id: str | None
    event_id: str | None
    event_type: str | None
    dead_at: datetime

    @property
    def id(self) -> str:
        """Derived from the message, so that a redelivery gives the same dead letter."""
        return self.message.letter_id(self.partition)

    def reduced(self, *, keep_body: bool) -> "DeadLetter":
        """The same dead letter, with sizes and hashes in place of the parts that may not fit into a store.

        Its properties go, and without `keep_body` its body, too: its event can then only be published again.
        """
        message = self.message
        properties = repr(sorted(message.properties.items(), key=repr)).encode("utf-8", "backslashreplace")
        lost = _measured("properties", properties)
        if not keep_body:
            lost |= _measured("body", message.body)
        smaller = replace(
            message,
            body=message.body if keep_body else b"",
            content_type=_ascii(message.content_type, 200),
            properties=lost,
            digest="" if keep_body else self.id.rpartition("-")[2],
        )
        return replace(
            self,
            message=smaller,
            detail=_ascii(self.detail, 500) or "",
            event_id=_ascii(self.event_id, 256),
            event_type=_ascii(self.event_type, 256),
        )


class DeadLetters(Protocol):
    """Where dead letters go."""

    async def put(self, letters: Sequence[DeadLetter]) -> None:
        """Keep them. Keeping one twice keeps it once, with the later reason and the sum of the attempts.

        Raises:
            OutageError: the store cannot be reached. Some of them may have been kept.
        """

    async def discarded_sagas(self) -> set[str]:
        """The ids of the sagas with a discarded dead letter.

        Raises:
            OutageError: the store cannot be reached.
        """


def _measured(name: str, content: bytes) -> dict[str, object]:
    return {f"{name}-bytes": len(content), f"{name}-sha256": hashlib.sha256(content).hexdigest()}


def _ascii(text: str | None, most: int) -> str | None:
    return None if text is None else text.encode("ascii", "backslashreplace").decode()[:most]
