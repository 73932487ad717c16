"""The documents of the projection.

One container, partitioned by `pk`: the generation and the bucket of a saga. In a bucket are

- a document for each saga: its summary, what it is found by, and how far each place was read for it,
- a document for the events that were written together, with their bodies: written once, never changed,
- a document for the figures of each minute, and one for those of all sagas that are kept (`TOTAL`),
- for sagas that were removed, a document that names those of their events, until these are cleared.

Beside them is a position for each place, and one document that says which generation counts.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from quartet.azure.cosmos.console_database import BUCKETS
from quartet.console.projection.coding import fact_from, fact_text, raw_bytes, raw_from, summary_from, summary_text
from quartet.console.projection.facts import Fact, Key, Place, Raw
from quartet.console.projection.query import ID, folded
from quartet.console.projection.summary import TOTAL, Summary
from quartet.events import bucket_of

SAGA: Final = "saga"
EVENTS: Final = "events"
FIGURES: Final = "figures"
POSITION: Final = "position"
META: Final = "meta"
LEFT: Final = "left"

FIGURES_EXPIRE: Final = 4 * 3600
"""Seconds after which the figures of a minute expire. The page shows an hour of them."""

Document: TypeAlias = dict[str, Any]
Saying: TypeAlias = tuple[str, str, int, str]
"""An event that counts: the digests of its id and source, when it came in ms, and its type."""

_PLAIN: Final = re.compile(r"[A-Za-z0-9_.-]{1,200}")


@dataclass(slots=True)
class Kept:
    """A saga as it is stored, and what is added to it.

    Attributes:
        read: by place, the sequence number of the last event that was folded. Those of a saga are in order there.
        said: its first events, for the time that an answer took.
        chunks: the ids of the documents with its events.
        etag: of the stored document; None if there is none.
    """

    summary: Summary | None = None
    read: dict[str, int] = field(default_factory=dict)
    said: list[Saying] = field(default_factory=list)
    chunks: list[str] = field(default_factory=list)
    etag: str | None = None


def pk_of(generation: int, saga: str) -> str:
    """The partition key of a saga."""
    return f"{generation}.{bucket_of(saga, BUCKETS)}"


def all_pks(generation: int) -> list[str]:
    """The partition keys of all sagas."""
    return [f"{generation}.{bucket}" for bucket in range(BUCKETS)]


def places_pk(generation: int) -> str:
    """The partition key of the positions."""
    return f"{generation}.positions"


def saga_id(saga: str) -> str:
    """The id of a saga's document. Not every saga's id can be one of Cosmos DB."""
    return f"s.{_name(saga)}"


def figures_id(minute: int) -> str:
    """The id of the figures of a minute since 1970, or of all time."""
    return f"m.{minute}"


def place_name(place: Place) -> str:
    """A place as part of an id."""
    return f"{_name(place.hub or '-')}.{_name(place.partition)}"


def chunk_id(key: Key) -> str:
    """The id of the document of the events that begin with this one."""
    return f"e.{place_name(Place(key.hub, key.partition))}.{key.sequence_number}"


def chunk_with(chunks: Sequence[str], key: Key) -> str | None:
    """Which of these documents may have an event: the last one of its place that does not begin after it."""
    before = chunk_id(key).rpartition(".")[0]
    numbers = [int(one.rpartition(".")[2]) for one in chunks if one.rpartition(".")[0] == before]
    found = max((number for number in numbers if number <= key.sequence_number), default=None)
    return None if found is None else f"{before}.{found}"


def saga_document(pk: str, generation: int, summary: Summary, kept: Kept) -> Document:
    """A saga. `waits` is there as long as it is open: when its last news came. `over` is there when it has ended."""
    found_by = [(ID, summary.id), *sorted(summary.terms)]
    document: Document = {
        "id": saga_id(summary.id),
        "pk": pk,
        "generation": generation,
        "kind": SAGA,
        "saga": summary.id,
        "opened": summary.first.at,
        "phase": summary.phase,
        "status": folded(summary.status),
        "words": list(dict.fromkeys(_searched(value) for _, value in found_by)),
        "terms": [_searched(f"{name}:{value}") for name, value in found_by],
        "summary": summary_text(summary),
        "read": kept.read,
        "said": kept.said,
        "chunks": kept.chunks,
    }
    if summary.phase in {"open", "compensating"}:
        document["waits"] = summary.last.key.at
    else:
        document["over"] = summary.newest
    return document


def kept_from(document: Mapping[str, Any]) -> Kept:
    """Read back a saga."""
    return Kept(
        summary=summary_from(document["saga"], document["summary"]),
        read=dict(document["read"]),
        said=[(one[0], one[1], one[2], one[3]) for one in document["said"]],
        chunks=list(document["chunks"]),
        etag=document["_etag"],
    )


def events_document(pk: str, generation: int, facts: Sequence[Fact]) -> Document:
    """Events that are written together."""
    return {
        "id": chunk_id(facts[0].key),
        "pk": pk,
        "generation": generation,
        "kind": EVENTS,
        "events": [_stored(fact) for fact in facts],
    }


def left_document(pk: str, generation: int, name: str, chunks: Mapping[str, Sequence[str]]) -> Document:
    """What sagas that are removed leave behind. `chunks`: by saga, the ids of the documents with its events."""
    return {"id": f"l.{name}", "pk": pk, "generation": generation, "kind": LEFT, "sagas": dict(chunks)}


def facts_from(document: Mapping[str, Any], saga: str) -> list[Fact]:
    """The events of one saga in a document, without their messages."""
    return [
        fact_from((*one["key"][1:], one["key"][0], saga, *json.loads(one["head"]), one["fact"]))
        for one in document["events"]
        if one["saga"] == saga
    ]


def raws_from(document: Mapping[str, Any], saga: str) -> dict[Key, Raw]:
    """The messages of one saga in a document."""
    return {
        Key(*one["key"]): raw_from(base64.b64decode(one["raw"])) for one in document["events"] if one["saga"] == saga
    }


def figures_document(pk: str, generation: int, minute: int, marks: Mapping[str, int], steps: Sequence[Any]) -> Document:
    """The figures of a minute. They expire, those of all time do not."""
    document: Document = {
        "id": figures_id(minute),
        "pk": pk,
        "generation": generation,
        "kind": FIGURES,
        "minute": minute,
        "marks": {name: count for name, count in marks.items() if count},
        "steps": list(steps),
    }
    if minute != TOTAL:
        document["ttl"] = FIGURES_EXPIRE
    return document


def digest(text: str) -> str:
    """Text in 12 characters, to compare with."""
    return base64.b64encode(hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=9).digest()).decode()


def _searched(text: str) -> str:
    """As `folded`; half of a surrogate pair cannot be stored."""
    return folded(text).encode(errors="replace").decode()


def _stored(fact: Fact) -> Document:
    return {
        "saga": fact.saga,
        "key": fact.key,
        "head": json.dumps((fact.event_id, fact.source, fact.type)),
        "fact": fact_text(fact),
        "raw": base64.b64encode(raw_bytes(fact.raw)).decode(),
    }


def _name(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else "~" + hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
