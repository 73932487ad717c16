"""Plans are read strictly, and decide the same again with the same seed."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quartet_emulators.faults import FaultsError, Injector, read_plan
from quartet_emulators.faults.catalogue import KINDS, MATCHES
from quartet_emulators.faults.reading import read_plan_file

from tests.emulators.faults.rules import injector

SLOW = {"server": "cosmos", "fault": "slow"}


def decisions(injector: Injector, count: int, **where: str) -> list[bool]:
    return [injector.choose("create", where) is not None for _ in range(count)]


@pytest.mark.parametrize(
    ("plan", "complaint"),
    [
        ([], 'expected an object with a list "rules"'),
        ({"rules": {}}, 'expected an object with a list "rules"'),
        ({"rules": [], "sed": 1}, "unknown field 'sed'; known are 'seed' and 'rules'"),
        ({"rules": [], "seed": "x"}, "seed: expected a whole number, not 'x'"),
        ({"rules": [7]}, "rule 1: expected an object, not 7"),
        ({"rules": [SLOW, {}]}, "rule 2: server: expected one of event_hubs, cosmos, blob, durable_tasks, not None"),
        ({"rules": [{"server": "blob", "fault": "steal"}]}, "rule 1: fault: expected one of unavailable, timeout,"),
        ({"rules": [SLOW | {"events": 3}]}, "rule 1 (cosmos slow): unknown field 'events'; known are name,"),
        (
            {"rules": [SLOW | {"seconds": -1}]},
            "rule 1 (cosmos slow): seconds: expected a number from 0 to 3600, not -1",
        ),
        ({"rules": [SLOW | {"seconds": True}]}, "rule 1 (cosmos slow): seconds: expected a number"),
        ({"rules": [SLOW | {"probability": 1.1}]}, "probability: expected a number from 0 to 1, not 1.1"),
        ({"rules": [SLOW | {"every": 0}]}, "every: expected a whole number from 1 on, not 0"),
        ({"rules": [SLOW | {"every": 2, "first": 2}]}, "every and first exclude each other"),
        (
            {"rules": [SLOW | {"match": {"hub": "*"}}]},
            "match: unknown field 'hub'; known are operation, agent, database",
        ),
        ({"rules": [SLOW | {"match": {"agent": 1}}]}, "match: agent: expected a glob, not 1"),
        ({"rules": [SLOW | {"match": "*"}]}, "match: expected an object of globs, not '*'"),
        ({"rules": [SLOW | {"name": ""}]}, "name: expected a text, not ''"),
        ({"rules": [SLOW | {"name": "a"}, SLOW | {"name": "a"}]}, "two rules have the name 'a'"),
        ({"rules": [{"server": "cosmos", "fault": "timeout", "applied": 1}]}, "applied: expected true or false, not 1"),
    ],
)
def test_a_wrong_plan_is_one_line(plan: object, complaint: str) -> None:
    with pytest.raises(FaultsError) as caught:
        read_plan(plan)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(FaultsError, match=r"missing\.json: No such file"):
        read_plan_file(tmp_path / "missing.json")
    (tmp_path / "text.json").write_text("{")
    with pytest.raises(FaultsError, match=r"text\.json: not JSON: "):
        read_plan_file(tmp_path / "text.json")
    (tmp_path / "bad.json").write_text('{"rules": 1}')
    with pytest.raises(FaultsError, match=r"bad\.json: expected an object"):
        read_plan_file(tmp_path / "bad.json")


@pytest.mark.parametrize(("server", "fault"), [(server, fault) for server in KINDS for fault in KINDS[server]])
def test_every_kind_of_fault_can_be_asked_for_with_all_that_it_takes(server: str, fault: str) -> None:
    values: dict[str, Any] = {"seconds": 2, "events": 5, "retry_after_ms": 20, "applied": True, "versions": 3}
    fields = {name: values[name] for name in KINDS[server][fault].parameters}
    match = dict.fromkeys(MATCHES[server], "*")
    rule = read_plan({"rules": [{"server": server, "fault": fault, "match": match, **fields}]}).rules[0]
    assert {name: rule.as_json()[name] for name in fields} == fields


@given(st.integers(), st.floats(0.05, 0.95))
def test_the_same_seed_decides_the_same_again(seed: int, probability: float) -> None:
    first, second = (injector("cosmos", "slow", seed=seed, probability=probability) for _ in range(2))
    assert decisions(first, 50) == decisions(second, 50)


def test_another_seed_decides_otherwise() -> None:
    first, second = (injector("cosmos", "slow", seed=seed, probability=0.5) for seed in (1, 2))
    assert decisions(first, 50) != decisions(second, 50)


def test_a_rule_does_not_notice_requests_that_it_is_not_about() -> None:
    alone, among = (injector("cosmos", "slow", probability=0.5, match={"agent": "quartet-*"}) for _ in range(2))
    expected = decisions(alone, 30, agent="Quartet-order")
    got = []
    for _ in range(30):
        assert among.choose("create", {"agent": "somebody"}) is None
        got += decisions(among, 1, agent="quartet-payment")
    assert got == expected
    assert any(expected)


def test_a_rule_decides_the_same_beside_another_one() -> None:
    one = {"server": "cosmos", "fault": "slow", "probability": 0.5, "name": "one"}
    other = {"server": "cosmos", "fault": "throttle", "probability": 0.5, "name": "other"}
    alone, together = Injector("cosmos"), Injector("cosmos")
    alone.replace(read_plan({"rules": [one]}).rules, 5)
    together.replace(read_plan({"rules": [one, other]}).rules, 5)
    expected = decisions(alone, 40)
    faults = [together.choose("create", {}) for _ in range(40)]
    assert [rule is not None and rule.fault == "slow" for rule in faults] == expected
    assert {rule.fault for rule in faults if rule} == {"slow", "throttle"}


@pytest.mark.parametrize(
    ("trigger", "struck"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"first": 2}, [1, 2]),
        ({"every": 3}, [3, 6]),
        ({"limit": 4}, [1, 2, 3, 4]),
        ({"every": 2, "limit": 1}, [2]),
        ({"probability": 0}, []),
        ({"probability": 1.0, "limit": 3}, [1, 2, 3]),
    ],
)
def test_how_often_a_rule_strikes(trigger: dict[str, Any], struck: list[int]) -> None:
    made = injector("cosmos", "slow", **trigger)
    assert [number for number, hit in enumerate(decisions(made, 6), start=1) if hit] == struck
    assert (made.rules[0].looked_at, made.rules[0].injected, made.injected["slow"]) == (6, len(struck), len(struck))


def test_a_fault_strikes_only_what_it_can() -> None:
    made = injector("cosmos", "rival_write")
    assert made.choose("read", {}) is None
    assert made.choose("patch", {}, impossible=("rival_write",)) is None
    assert made.choose("patch", {}) is not None
