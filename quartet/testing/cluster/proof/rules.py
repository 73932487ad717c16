"""What must be true of any application at every moment: checked at each write, each message and each checkpoint."""

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from quartet.choreography import Choreography
from quartet.engine.declaration.participant import DEAD_LETTERS
from quartet.engine.records.record import RecordLimits
from quartet.testing.cluster.machine.network import PLANNED
from quartet.testing.cluster.plan.publication import Unreadable
from quartet.testing.cluster.proof.record_rules import Handled, broken_by
from quartet.testing.cluster.servers.account import Document
from quartet.testing.cluster.servers.hub import Stored

_DERIVED: Final = 5
# The one status of a fault that is permanent: what is too large can never be stored.
_TOO_LARGE: Final = "413"


class Rules:
    """An `Observer` that keeps books of what the participants have recorded and said.

    Attributes:
        broken: the rules that were broken, a line each.
        recorded: by participant: the id of each answer that it has recorded, and its saga.
        said: by source and id: every event that came into the hub and is no answer to an operator.
    """

    def __init__(self, app: Choreography, limits: RecordLimits | None = None) -> None:
        """Nothing has happened yet. `limits`: how much a record keeps; without it, what it keeps by default."""
        self.broken: list[str] = []
        self.recorded: dict[str, dict[str, str]] = defaultdict(dict)
        self.said: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._limits = limits or RecordLimits()
        self._names = {participant.database: participant.name for participant in app}
        self._states = {(participant.database, participant.container) for participant in app}
        self._sources = {participant.source: participant.name for participant in app}
        self._types = app.events.keys()
        self._handled: dict[tuple[str, str], Handled] = {}
        self._lengths: dict[str, int] = defaultdict(int)

    def broke(self, rule: str, what: str) -> None:
        """See `Observer.broke`."""
        self.broken.append(f"{rule}: {what}")

    def written(self, database: str, container: str, document: Document, by: str) -> None:
        """See `Observer.written`."""
        del by
        if (database, container) in self._states:
            self._recorded(self._names[database], str(document["id"]), document.get("handled", {}))
        elif container == DEAD_LETTERS.name and PLANNED in document["detail"] and _TOO_LARGE not in document["detail"]:
            what = f"{document['event_type']} of {document['saga_id']}: {document['detail']}"
            self.broke("an outage is no dead letter", f"{self._names[database]} keeps {what}")

    def _recorded(self, name: str, saga_id: str, handled: Handled) -> None:
        for rule, key in broken_by(self._handled.get((name, saga_id), {}), handled, self._limits):
            self.broke(rule, f"{name} has another record of {saga_id} now: {key}")
        self.recorded[name] |= {str(one["id"]): saga_id for answers in handled.values() for one in answers}
        self._handled[name, saga_id] = handled

    def appended(self, stored: Stored) -> None:
        """See `Observer.appended`."""
        self._lengths[stored.place] = stored.sequence_number + 1
        if isinstance(stored.origin, Unreadable):
            return
        event = json.loads(stored.body)
        if event["type"] not in self._types:
            return
        name = self._sources.get(event["source"])
        if name is not None and event.get("causationid") and event["id"] not in self.recorded[name]:
            self.broke("an answer is recorded before it is said", f"{name} says {_told(event)}")
        if name is not None and UUID(event["id"]).version != _DERIVED:
            self.broke("the id of an answer is derived", f"{name} says {_told(event)}")
        before = self.said.setdefault((event["source"], event["id"]), event)
        if before["data"] != event["data"]:
            self.broke("a repeat is the same event", f"{_told(event)} is {before['data']} and {event['data']}")

    def checkpointed(self, service: str, partition: str, number: int) -> None:
        """See `Observer.checkpointed`."""
        if number >= self._lengths[partition]:
            end = self._lengths[partition]
            self.broke("a checkpoint is a watermark", f"{service} is at {number} of {end} in partition {partition}")

    def hub_recreated(self) -> None:
        """See `Observer.hub_recreated`."""
        self._lengths.clear()


def _told(event: Mapping[str, Any]) -> str:
    return f"{event['type']} {event['id']} of {event['subject']}"
