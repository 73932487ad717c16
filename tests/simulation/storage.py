"""How what is stored looks to the watcher: the few names of documents that it reads, in one place."""

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any, Final

from quartet.engine.declaration.participant import DEAD_LETTERS
from services.shop import SHOP

Document = dict[str, Any]

DATABASES: Final[Mapping[str, str]] = {participant.database: participant.name for participant in SHOP}
"""By database: whose it is."""
STATES: Final[Mapping[str, str]] = {participant.name: participant.container for participant in SHOP}
"""By service: the container with what it knows of each order."""
LETTERS: Final = DEAD_LETTERS.name


def is_state(database: str, container: str) -> bool:
    """Whether the documents of this container are what a service knows of an order."""
    return STATES[DATABASES[database]] == container


def handled_by(document: Document) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What the document says was handled: the key of each event, and the ids of the answers to it."""
    for key, answers in document.get("handled", {}).items():
        yield key, tuple(answer["id"] for answer in answers)


def key_of(source: str, event_id: str) -> str:
    """The key under which an event is recorded as handled. Events are the same only if source and id both are."""
    return blake2b(f"{source}\n{event_id}".encode(), digest_size=16).hexdigest()


def awaited(document: Document) -> tuple[str, ...]:
    """The ids of the dead letters that the order waits for, or for which a compensation is owed."""
    return (*document.get("parked", ()), *document.get("owed", ()))


def place_of(letter: Document) -> tuple[str, int]:
    """From which partition of the hub a dead letter comes, and its number there."""
    hub, partition = letter.get("hub"), letter["partition"]
    return f"{hub}/{partition}" if hub else partition, letter["sequence_number"]


def is_open(letter: Document) -> bool:
    """Whether nobody has settled the dead letter."""
    return not letter.get("settled")
