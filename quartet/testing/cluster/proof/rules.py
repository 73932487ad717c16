"""What must be true of any application at every moment: checked at each write, each message and each checkpoint."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from quartet.choreography import Choreography
from quartet.testing.cluster.servers.account import Document
from quartet.testing.cluster.servers.hub import Stored


class Rules:
    """An `Observer` that keeps books of what the participants have recorded and said.

    Attributes:
        broken: the rules that were broken, a line each.
        recorded: by participant: the id of each answer that it has recorded, and its saga.
        said: by source and id: every event that came into the hub and is no answer to an operator.
    """

    def __init__(self, app: Choreography) -> None:
        self.broken: list[str] = []
        self.recorded: dict[str, dict[str, str]] = defaultdict(dict)
        self.said: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._states = {(participant.database, participant.container): participant.name for participant in app}
        self._sources = {participant.source: participant.name for participant in app}
        self._types = app.events.keys()
        self._answers: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {}
        self._lengths: dict[str, int] = defaultdict(int)

    def broke(self, rule: str, what: str) -> None:
        """See `Observer.broke`."""
        self.broken.append(f"{rule}: {what}")

    def written(self, database: str, container: str, document: Document, by: str) -> None:
        """See `Observer.written`."""
        del by
        name = self._states.get((database, container))
        if name is None:
            return
        saga_id = str(document["id"])
        known = self._answers.get((name, saga_id), {})
        now = {key: _ids(answers) for key, answers in document.get("handled", {}).items()}
        for key in _kept(list(known), list(now)):
            # An undo that has failed may be done later: what is said then is added.
            if known[key] != now[key][: len(known[key])]:
                self.broke("answers are recorded once", f"{name} has answered {key} of {saga_id} twice")
        self.recorded[name] |= {event_id: saga_id for ids in now.values() for event_id in ids}
        self._answers[name, saga_id] = now

    def appended(self, stored: Stored) -> None:
        """See `Observer.appended`."""
        self._lengths[stored.partition] = stored.sequence_number + 1
        event = json.loads(stored.body)
        if event["type"] not in self._types:
            return
        name = self._sources.get(event["source"])
        if name is not None and event.get("causationid") and event["id"] not in self.recorded[name]:
            self.broke("an answer is recorded before it is said", f"{name} says {_told(event)}")
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


def _kept(before: list[str], now: list[str]) -> list[str]:
    """The entries that a record has not forgotten: it drops those at the front, and adds at the end.

    What was forgotten in between, and handled again, may be answered in another way.
    """
    return next(before[number:] for number in range(len(before) + 1) if before[number:] == now[: len(before) - number])


def _ids(answers: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(str(answer["id"]) for answer in answers)


def _told(event: Mapping[str, Any]) -> str:
    return f"{event['type']} {event['id']} of {event['subject']}"
