"""What must be true of any application in the end, when all faults are over and dead letters were redriven."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from quartet.engine.declaration.hubs import MAIN, place_of
from quartet.engine.declaration.invariant import Invariant
from quartet.engine.declaration.participant import DEAD_LETTERS, Participant
from quartet.testing.cluster.cluster import Cluster
from quartet.testing.cluster.plan.publication import Unreadable
from quartet.testing.cluster.proof.evidence import ClusterEvidence, read_evidence
from quartet.testing.cluster.proof.rules import Rules
from quartet.testing.cluster.servers.hub import Stored
from quartet.testing.violation import NOT_HANDLED


def open_sagas(cluster: Cluster, rules: Rules) -> list[str]:
    """The sagas that were published and have not ended."""
    ended = _ends(cluster, rules)
    return sorted(set(cluster.plan.sagas) - ended.keys())


async def violations(cluster: Cluster, rules: Rules, invariants: Sequence[Invariant]) -> list[str]:
    """A line for everything that must not be. Once a rule is broken, the rest says little and is not looked at."""
    if rules.broken:
        return rules.broken
    found = [*_unread(cluster), *_lost(cluster), *_unsaid(rules), *_ends_of_sagas(cluster, rules), *_letters(cluster)]
    return found or list(_judged(await read_evidence(cluster), [*cluster.app.invariants, *invariants]))


def _judged(evidence: ClusterEvidence, invariants: Sequence[Invariant]) -> Iterator[str]:
    for invariant in invariants:
        try:
            yield from invariant(evidence)
        except AssertionError as error:
            yield f"{getattr(invariant, '__name__', invariant)}: {str(error) or 'does not hold'}"


def _unread(cluster: Cluster) -> Iterator[str]:
    for service, partition in cluster.behind():
        done, end = cluster.books.done[service, partition], len(cluster.logs[partition]) - 1
        yield f"{service} stalls: it has partition {partition} up to {done} of {end}"


def _lost(cluster: Cluster) -> Iterator[str]:
    for participant in cluster.app:
        letters = cluster.cosmos.documents(participant.database, DEAD_LETTERS.name)
        kept = {
            (place_of(letter.get("hub", MAIN), letter["partition"]), letter["sequence_number"]) for letter in letters
        }
        for stored in _received(cluster, participant):
            origin, place = stored.origin, (stored.place, stored.sequence_number)
            if isinstance(origin, Unreadable) and origin.is_kept_by(participant.hears) and place not in kept:
                yield f"{participant.name} has lost {origin.what} at {place}: {origin.body[:60]!r}"


def _received(cluster: Cluster, participant: Participant[Any, Any]) -> Iterator[Stored]:
    for hub in cluster.layout.read_by(participant):
        for log in cluster.hubs[cluster.layout.label(hub)].logs.values():
            yield from log


def _unsaid(rules: Rules) -> Iterator[str]:
    said = {event_id for _, event_id in rules.said}
    for name, recorded in rules.recorded.items():
        for event_id, saga_id in recorded.items():
            if event_id not in said:
                yield f"{name} never said its answer {event_id} in {saga_id}"


def _ends_of_sagas(cluster: Cluster, rules: Rules) -> Iterator[str]:
    for saga_id in open_sagas(cluster, rules):
        said = [event["type"] for event in rules.said.values() if event["subject"] == saga_id]
        yield f"{saga_id} has not ended: {said}"
    for saga_id, ends in _ends(cluster, rules).items():
        if len(ends) > 1:
            yield f"{saga_id} has ended in {len(ends)} ways: {', '.join(sorted(ends))}"


def _ends(cluster: Cluster, rules: Rules) -> dict[str, set[str]]:
    types = {model.type for model in cluster.app.ends}
    ends: dict[str, set[str]] = defaultdict(set)
    for event in rules.said.values():
        if event["type"] in types:
            ends[event["subject"]].add(event["type"])
    return ends


def _letters(cluster: Cluster) -> Iterator[str]:
    for participant in cluster.app:
        for letter in cluster.cosmos.documents(participant.database, DEAD_LETTERS.name):
            if not letter.get("settled") and letter["reason"] in NOT_HANDLED:
                what = f"{letter['event_type']} of {letter['saga_id']}: {letter['reason']}: {letter['detail']}"
                yield f"{participant.name} cannot handle {what}"
