"""What of a closed dead letter expires: Cosmos DB deletes a document when its `ttl` is over. See ADR 28.

A dead letter that was redriven expires as a whole. Of a discarded one only the content expires, in a second document,
the *copy*. The first one stays: it names the saga that a service must look at before it handles an event that opens it.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

Document: TypeAlias = dict[str, Any]

NOT_A_COPY: Final = "NOT IS_DEFINED(c.copy_of)"
"""The condition of a query for dead letters without the copies of discarded ones."""

TTL: Final = "ttl"
"""The field with the seconds from the last write after which Cosmos DB deletes a document."""

_SECONDS_OF_A_DAY: Final = 86_400
_SUFFIX: Final = ".copy"
# What may hold personal data. The digest is what the id is made of in place of the body.
_CONTENT: Final[Mapping[str, object]] = {"body": "", "text": "", "properties": {}, "detail": "", "content_type": None}


def seconds_of(days: int) -> int:
    """The `ttl` of a document that expires after this many days."""
    return days * _SECONDS_OF_A_DAY


def copy_id(letter_id: str) -> str:
    """The id of the copy of a dead letter."""
    return f"{letter_id}{_SUFFIX}"


def letter_id_in(document: Mapping[str, Any]) -> str:
    """The id of the dead letter in a document, which may be a copy."""
    return str(document.get("copy_of", document["id"]))


def is_copy(document: Mapping[str, Any]) -> bool:
    """Whether a document is the copy of a discarded dead letter."""
    return "copy_of" in document


def copied(document: Document, settled: Document, seconds: int) -> Document:
    """The copy of a dead letter that is being discarded: it has everything, and expires."""
    kept = {name: value for name, value in document.items() if not name.startswith("_")}
    letter_id = str(document["id"])
    return kept | {"id": copy_id(letter_id), "copy_of": letter_id, "settled": settled, TTL: seconds}


def emptied(document: Document, settled: Document) -> Document:
    """A discarded dead letter without its content. It never expires."""
    return document | dict(_CONTENT) | {"digest": document["id"].rpartition("-")[2], "settled": settled}


def opened_again(current: Document, news: Document) -> Document:
    """A dead letter that was stored before, after its event has failed again. It no longer expires.

    Its first failure counts, and the content that is stored, unless that has expired.
    """
    kept = news if current.get("digest") else current
    changes = {name: news[name] for name in ("reason", "detail", "settled")}
    attempts = current["attempts"] + news["attempts"]
    reopened = {**kept, **changes, "attempts": attempts, "dead_at": current["dead_at"]}
    reopened.pop(TTL, None)
    return reopened
