"""Stores, a hub and dead letters in memory, with the rules of the real ones."""

import asyncio
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Generic, TypeVar

from quartet.engine.dead_letters.store import DISCARDED, Settled, StoredLetter
from quartet.engine.declaration.participant import Participant
from quartet.engine.ports import DeadLetter, Message
from quartet.engine.records.codec import RecordCodec
from quartet.engine.records.record import Record
from quartet.events import CONTENT_TYPE
from quartet.testing.steps import COMMIT, KEEP, LOAD, Steps

S = TypeVar("S")


class MemoryStore(Generic[S]):
    """The documents of one participant, as JSON text: a state that Cosmos DB could not store fails here, too."""

    def __init__(self, participant: Participant[S, Any]) -> None:
        self._codec: RecordCodec[S] = RecordCodec(participant.state)
        self._documents: dict[str, tuple[int, str]] = {}

    def copy(self) -> "MemoryStore[S]":
        """Another store with the same documents."""
        other = object.__new__(MemoryStore)
        other._codec, other._documents = self._codec, dict(self._documents)
        return other

    def get(self, saga_id: str) -> Record[S] | None:
        """The record of a saga."""
        if saga_id not in self._documents:
            return None
        etag, text = self._documents[saga_id]
        return self._codec.decode({**json.loads(text), "_etag": str(etag)})

    def put(self, record: Record[S]) -> str | None:
        """Write it if it has not changed since it was read. Returns the new ETag; None if it has changed."""
        etag, _ = self._documents.get(record.saga_id, (None, ""))
        if record.etag != (None if etag is None else str(etag)):
            return None
        self._documents[record.saga_id] = ((etag or 0) + 1, json.dumps(self._codec.encode(record)))
        return str((etag or 0) + 1)

    @property
    def documents(self) -> Mapping[str, dict[str, Any]]:
        """Every document, by saga."""
        return {saga_id: json.loads(text) for saga_id, (_, text) in self._documents.items()}


@dataclass(frozen=True, slots=True)
class StoreOfProcess(Generic[S]):
    """The `RecordStore` of one process."""

    store: MemoryStore[S]
    steps: Steps

    async def load(self, saga_ids: Collection[str]) -> dict[str, Record[S]]:
        """See `RecordStore.load`."""

        async def action() -> dict[str, Record[S]]:
            found = {saga_id: self.store.get(saga_id) for saga_id in saga_ids}
            return {saga_id: record for saga_id, record in found.items() if record is not None}

        return await self.steps.take(LOAD, action)

    async def commit(self, records: Sequence[Record[S]]) -> dict[str, str]:
        """See `RecordStore.commit`."""

        async def action() -> dict[str, str]:
            etags = {record.saga_id: self.store.put(record) for record in records}
            return {saga_id: etag for saga_id, etag in etags.items() if etag is not None}

        return await self.steps.take(COMMIT, action)


class MemoryLetters:
    """The dead letters of one participant."""

    def __init__(self) -> None:
        self.stored: dict[str, StoredLetter] = {}
        self._etags = count(1)

    def copy(self) -> "MemoryLetters":
        """Another box with the same letters."""
        other = MemoryLetters()
        other.stored = dict(self.stored)
        other._etags = count(1 + max((int(one.etag) for one in self.stored.values()), default=0))
        return other

    @property
    def open(self) -> list[DeadLetter]:
        """Those that are not settled."""
        return [stored.letter for stored in self.stored.values() if stored.settled is None]

    def write(self, letter: DeadLetter, settled: Settled | None) -> None:
        """Keep a letter, in place of the one of its id."""
        self.stored[letter.id] = StoredLetter(letter, settled, str(next(self._etags)))


@dataclass(frozen=True, slots=True)
class LettersOfProcess:
    """The `DeadLetterStore` of one process."""

    letters: MemoryLetters
    steps: Steps

    async def put(self, letters: Sequence[DeadLetter]) -> None:
        """See `DeadLetters.put`."""

        async def action() -> None:
            for letter in letters:
                before = self.letters.stored.get(letter.id)
                settled = before.settled if before and before.settled else None
                kept = settled if settled and settled.outcome == DISCARDED else None
                self.letters.write(_again(before.letter, letter) if before else letter, kept)

        await self.steps.take(KEEP, action)

    async def discarded_sagas(self) -> set[str]:
        """See `DeadLetters.discarded_sagas`."""
        return {
            str(stored.letter.saga_id)
            for stored in self.letters.stored.values()
            if stored.settled is not None and stored.settled.outcome == DISCARDED
        }

    async def find(self, *, saga_id: str | None = None, settled: bool = False) -> list[StoredLetter]:
        """See `DeadLetterStore.find`."""
        return [
            stored
            for stored in self.letters.stored.values()
            if (settled or stored.settled is None) and saga_id in {None, stored.letter.saga_id}
        ]

    async def get(self, letter_id: str) -> StoredLetter | None:
        """See `DeadLetterStore.get`."""
        return self.letters.stored.get(letter_id)

    async def settle(self, stored: StoredLetter, settled: Settled) -> bool:
        """See `DeadLetterStore.settle`."""
        current = self.letters.stored.get(stored.id)
        if current is None or current.etag != stored.etag:
            return False
        self.letters.write(current.letter, settled)
        return True


@dataclass(slots=True)
class MemoryHub:
    """Partitions of messages, in order."""

    partitions: dict[str, list[Message]] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def copy(self) -> "MemoryHub":
        """Another hub with the same messages."""
        return MemoryHub({name: list(messages) for name, messages in self.partitions.items()})

    def append(self, partition: str, body: bytes) -> Message:
        """Take in a message, as the last one of its partition."""
        messages = self.partitions.setdefault(partition, [])
        message = Message(body, CONTENT_TYPE, {}, len(messages), str(len(messages)))
        messages.append(message)
        self.changed.set()
        self.changed = asyncio.Event()
        return message


def _again(before: DeadLetter, letter: DeadLetter) -> DeadLetter:
    return replace(letter, attempts=letter.attempts + before.attempts, dead_at=before.dead_at)
