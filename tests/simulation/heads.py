"""What the watcher remembers of each message in the hub."""

import json
from dataclasses import dataclass, field, replace

from quartet.testing.cluster.servers.hub import Stored
from tests.simulation.publication import Publication
from tests.simulation.saga import Document

NO_EVENT = ""
REQUEST = "RedriveRequested.v1"
REDRIVE = frozenset({REQUEST, "RedriveReported.v1"})
"""Not of any order: an operator asks a service to redrive dead letters, and it answers."""


@dataclass(frozen=True, slots=True)
class Head:
    """One message.

    Attributes:
        source, id, type, order_id: of the event; all empty if it is none that could be read.
        service: which service has said it; None if it came from elsewhere.
        cause: the id of the event that it answers, if it answers one.
        content: the whole event.
        kept_by: who has to keep it as a dead letter.
    """

    source: str = NO_EVENT
    id: str = NO_EVENT
    type: str = NO_EVENT
    order_id: str = NO_EVENT
    service: str | None = None
    cause: str | None = None
    content: Document = field(default_factory=dict)
    kept_by: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.type} {self.id} of {self.order_id}" if self.type else "a message that is no event"


def head_of(stored: Stored) -> Head | None:
    """What a message is. None: a service has said something that is no event.

    What was published is what the publication says that it is; what has no publication was said by a service.
    """
    if not isinstance(stored.origin, Publication):
        return _said(stored)
    if stored.origin.event is None:
        return Head(kept_by=stored.origin.kept_by)
    return _head(dict(stored.origin.event), service=None, kept_by=stored.origin.kept_by)


def _said(stored: Stored) -> Head | None:
    try:
        content = json.loads(stored.body)
        head = _head(content, service=content["source"].removeprefix("/services/"))
    except (ValueError, KeyError, TypeError):
        return None
    if head.type in REDRIVE:
        return replace(head, service=None)
    return head if head.source == f"/services/{head.service}" and content["specversion"] == "1.0" else None


def _head(content: Document, service: str | None, kept_by: frozenset[str] = frozenset()) -> Head:
    return Head(
        source=content["source"],
        id=content["id"],
        type=content["type"],
        order_id=content["subject"],
        service=service,
        cause=content.get("causationid"),
        content=content,
        kept_by=kept_by,
    )
