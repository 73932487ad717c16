"""What must be true in the end: each rule can be broken, and is then told in one line."""

import asyncio
import json
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from quartet_emulators.cosmos.in_process import InProcessAccount

from examples.trip.app import TRIP
from examples.trip.payment import PAYMENT
from quartet.engine.declaration.hubs import MAIN
from quartet.testing.cluster.cluster import Cluster
from quartet.testing.cluster.plan.plan import ClusterPlan
from quartet.testing.cluster.plan.publication import Publication, Unreadable
from quartet.testing.cluster.proof.ending import violations
from quartet.testing.cluster.proof.rules import Rules
from quartet.testing.cluster.servers.hub import Outgoing

PORTS = dict.fromkeys(TRIP.port_variables, "simulated")


def cluster() -> tuple[Cluster, Rules]:
    """A cluster in which a trip was published, and nothing has run."""
    rules = Rules(TRIP)
    plan = ClusterPlan(seed=1, publications=[Publication(0.0, "TripRequested.v1", "t-1", "1", b"")], partitions=1)
    return Cluster(TRIP, plan, InProcessAccount, rules, ports=PORTS), rules


def said(rules: Rules, *types: str) -> list[Outgoing]:
    """Answers of payment, each recorded."""
    ids = {kind: str(uuid5(NAMESPACE_URL, kind)) for kind in types}
    head = {"source": PAYMENT.source, "subject": "t-1", "data": {}}
    events = [{**head, "id": ids[kind], "type": kind} for kind in types]
    answers = {"q": [{"id": ids[kind]} for kind in types]}
    rules.written(PAYMENT.database, PAYMENT.container, {"id": "t-1", "handled": answers}, "payment-1/1")
    return [Outgoing(json.dumps(event).encode()) for event in events]


def found(trips: Cluster, rules: Rules) -> list[str]:
    return asyncio.run(violations(trips, rules, ()))


def all_have_read(trips: Cluster) -> None:
    for name in TRIP.names:
        trips.books.checkpointed(name, "0", len(trips.hubs[MAIN].partitions["0"]) - 1)


def test_a_trip_that_has_ended_in_one_way_breaks_no_rule() -> None:
    trips, rules = cluster()
    trips.hubs[MAIN].append("0", said(rules, "TripCancelled.v1"))
    all_have_read(trips)
    assert found(trips, rules) == []


def test_a_trip_that_has_not_ended_is_found() -> None:
    trips, rules = cluster()
    trips.hubs[MAIN].append("0", said(rules, "PaymentFailed.v1"))
    all_have_read(trips)
    assert found(trips, rules) == ["t-1 has not ended: ['PaymentFailed.v1']"]


def test_a_trip_that_has_ended_in_two_ways_is_found() -> None:
    trips, rules = cluster()
    trips.hubs[MAIN].append("0", said(rules, "TripCancelled.v1", "TripBooked.v1"))
    all_have_read(trips)
    assert found(trips, rules) == ["t-1 has ended in 2 ways: TripBooked.v1, TripCancelled.v1"]


def test_a_service_that_stalls_is_found() -> None:
    trips, rules = cluster()
    trips.hubs[MAIN].append("0", said(rules, "TripCancelled.v1"))
    all_have_read(trips)
    trips.books.done["car", "0"] = -1
    assert found(trips, rules) == ["car stalls: it has partition 0 up to -1 of 0"]


def test_an_answer_that_was_never_said_is_found() -> None:
    trips, rules = cluster()
    trips.hubs[MAIN].append("0", said(rules, "TripCancelled.v1", "PaymentFailed.v1")[:1])
    all_have_read(trips)
    unsaid = uuid5(NAMESPACE_URL, "PaymentFailed.v1")
    assert found(trips, rules) == [f"payment never said its answer {unsaid} in t-1"]


def test_a_dead_letter_that_no_redrive_has_settled_is_found() -> None:
    trips, rules = cluster()
    trips.hubs[MAIN].append("0", said(rules, "TripCancelled.v1"))
    all_have_read(trips)
    letter: dict[str, Any] = {
        "pk": "1",
        "partition": "0",
        "sequence_number": 0,
        "event_type": "TripRequested.v1",
        "saga_id": "t-1",
        "detail": "a bug",
    }
    trips.cosmos.fill("hotels", "dead-letters", {**letter, "id": "1", "reason": "handler_failed"})
    trips.cosmos.fill("hotels", "dead-letters", {**letter, "id": "3", "reason": "no_such_hotel"})
    trips.cosmos.fill("hotels", "dead-letters", {**letter, "id": "2", "reason": "handler_failed", "settled": {"at": 1}})
    assert found(trips, rules) == ["hotel cannot handle TripRequested.v1 of t-1: handler_failed: a bug"]


def test_a_message_that_cannot_be_read_and_is_not_kept_is_found() -> None:
    trips, rules = cluster()
    trips.hubs[MAIN].append("0", said(rules, "TripCancelled.v1"))
    for number, event_type in enumerate((None, "TripCancellationRequested.v1"), start=1):
        origin = Unreadable(0.0, "garbage", "t-1", "1", b"?", event_type=event_type)
        trips.hubs[MAIN].append("0", [Outgoing(b"?", origin=origin)])
        for participant in TRIP.participants[number:]:
            letter = {"id": f"l-{number}", "pk": "1", "partition": "0", "sequence_number": number, "reason": "not_json"}
            trips.cosmos.fill(participant.database, "dead-letters", letter)
    all_have_read(trips)
    # Of all four, only payment hears of a request to cancel.
    assert found(trips, rules) == ["flight has lost garbage at ('0', 1): b'?'"]


def test_with_a_broken_rule_nothing_else_is_looked_at() -> None:
    trips, rules = cluster()
    rules.broke("a rule", "is broken")
    assert found(trips, rules) == ["a rule: is broken"]


def test_what_fails_in_the_cluster_itself_is_found() -> None:
    trips, rules = cluster()

    async def work() -> None:
        trips.loop.call_later(1.0, [].pop)
        await asyncio.sleep(2)

    trips.run(work())
    assert rules.broken == ["the cluster itself works: IndexError('pop from empty list')"]


def test_a_run_that_hangs_is_found() -> None:
    trips, rules = cluster()
    trips.run(hang())
    assert rules.broken == ["the system never hangs: DeadlockError at 0.000 s"]


async def hang() -> None:
    await asyncio.get_running_loop().create_future()
