"""What a recording is made of: messages of the hub, and what each participant has stored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from quartet.engine.dead_letters.store import StoredLetter
from quartet.engine.ports import Message
from quartet.engine.records.record import Json, Record
from quartet.events import event_key


@dataclass(frozen=True, slots=True)
class Taken:
    """A message, as it lies in the hub.

    Attributes:
        enqueued: when the hub took it in, if that is known.
    """

    partition: str
    message: Message
    enqueued: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """What a participant has stored about a saga.

    Attributes:
        record: its record, if there is one.
        letters: its dead letters, also those that are settled.
        has_finished: whether it has finished with a message, as far as its checkpoints say.
    """

    record: Record[Any] | None
    letters: Sequence[StoredLetter] = ()
    has_finished: Callable[[Taken], bool] = lambda _: True


@dataclass(slots=True)
class Events:
    """The events of a saga, each once, by the key that tells it apart."""

    events: list[Json] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    def add(self, event: Json) -> int:
        """The place of an event; of one that is new, behind all others."""
        key = event_key(str(event["source"]), str(event["id"]))
        if key not in self.places:
            self.places[key] = len(self.events)
            self.events.append(event)
        return self.places[key]
