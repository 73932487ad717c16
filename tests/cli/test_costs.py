from quartet.cli.reading.counters import Costs, Counters, costs_between
from services.operations.demo.acts import Play
from services.operations.demo.expectations import Verdict
from services.operations.demo.report import failures
from services.operations.participants import NAMES

BEFORE: Counters = {
    "cosmos": {"quartet-order": {"metadata": 9, "query": 2, "batch": 1}, "quartet-cli": {"query": 50}},
    "event_hubs": {"quartet-order": {"send": 1, "events_in": 1}},
    "blob": {},
    "request_units": {"quartet-order": {"metadata": 9.0, "batch": 7.5}},
}
AFTER: Counters = {
    "cosmos": {
        "quartet-order": {"metadata": 10, "query": 5, "batch": 11, "read": 4},
        "quartet-payment": {"batch": 6, "query": 2},
        "quartet-cli": {"query": 90},
    },
    "event_hubs": {
        "quartet-order": {"send": 3, "events_in": 9, "events_out": 70},
        "quartet-cli": {"send": 5, "events_in": 5},
    },
    "blob": {"unknown": {"checkpoint": 4, "ownership": 7}},
    "request_units": {
        "quartet-order": {"metadata": 10.0, "batch": 83.75},
        "quartet-payment": {"batch": 20.5},
        "quartet-cli": {"query": 400.0},
    },
}


def test_only_requests_of_the_services_between_the_readings_count() -> None:
    assert costs_between(BEFORE, AFTER, NAMES, sagas=5, seconds=2) == Costs(
        sagas=5,
        seconds=2,
        requests=25,
        metadata=1,
        queries=5,
        request_units=96.75,
        sends=2,
        events=8,
        received=70,
        checkpoints=4,
        cosmos_writes=16,
    )


def test_each_request_that_stores_something_is_acknowledged_once() -> None:
    """10 and 6 batches, 2 sends of the services, 4 checkpoints; no reads, no queries and no claims of partitions."""
    assert costs_between(BEFORE, AFTER, NAMES, sagas=5, seconds=2).acknowledged_writes == 16 + 2 + 4


def test_looks_that_cost_the_same_without_orders_are_not_a_cost_of_a_saga() -> None:
    assert costs_between(BEFORE, AFTER, NAMES, sagas=5, seconds=2).requests_without_queries == 4


def costs(*, requests: int = 50, checkpoints: int = 5) -> Costs:
    return Costs(5, 2, requests, 0, 0, 300.0, 20, 20, 80, checkpoints, 30)


def play(*, alone: Costs | None = None, rush: Costs | None = None, is_met: bool = True) -> Play:
    verdicts = [Verdict("paid", 1, "1 COMPLETED", "1 PENDING", is_met)]
    return Play(verdicts, alone or costs(), costs(), rush or costs(requests=14))


def test_a_demonstration_without_a_flaw_has_no_failures() -> None:
    assert failures(play(alone=costs(requests=60)), []) == []


def test_a_saga_that_costs_too_much_is_a_failure() -> None:
    assert failures(play(alone=costs(requests=61)), []) == [
        "a saga costs 12.2 Cosmos DB requests, at most 12 are allowed"
    ]


def test_a_rush_that_does_not_make_sagas_cheap_is_a_failure() -> None:
    assert failures(play(rush=costs(requests=15)), []) == ["15 Cosmos DB requests for 5 sagas in a rush"]


def test_too_many_checkpoints_are_a_failure() -> None:
    assert failures(play(alone=costs(checkpoints=65)), []) == [
        "65 checkpoint writes in 2.0 s are more than one per partition and second"
    ]


def test_an_order_that_ended_otherwise_is_a_failure() -> None:
    assert failures(play(is_met=False), []) == ["paid: 1 PENDING"]
