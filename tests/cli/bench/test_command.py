"""`quartet bench` as a person types it. What it counts is asserted, how long it takes never is."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from quartet import Workload
from quartet.cli.bench.command import loads_of
from quartet.cli.bench.plan import DEFAULT_IDLE, DEFAULT_LOADS, AtRate, Idle, InFlight
from quartet.cli.bench.running import processes
from quartet.cli.failures import FAILED, MISUSED
from quartet.cli.main import run
from quartet.engine.failures.timeouts import stretched
from services.shop import SHOP
from shared.events import OrderCompleted
from tests.cli.test_end_to_end import QUARTET, clean_environment

SAGAS: Final = 24
DELAY_MS: Final = 40
WARM_UP: Final = 64
"""Sagas that a run begins with, on a machine that is fast enough."""

MOST_REQUESTS: Final = 14
"""Of Cosmos DB for a saga: a saga alone makes 12 at most, and the looks of the deadline watch come on top."""

FLOOR_REQUESTS: Final = 12
"""A saga alone is heard eight times, of which four are answered: a write for each, and a read for each answer."""

WRONG_SHOP: Final = replace(
    SHOP, workloads={**SHOP.workloads, "usual": Workload(SHOP.workloads["failing"].begins, OrderCompleted)}
)
"""It promises that declined cards pay."""


def bench(*words: str, app: str = "services.shop:SHOP") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *QUARTET[1:], "--app", app, "bench", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=stretched(200),
        env=clean_environment(),
    )


def test_every_saga_is_counted_and_costs_no_more_than_promised(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    words = ("--in-flight", "8", "--rate", "10", "--idle", "1", "--sagas", str(SAGAS), "--seconds", "60")
    options = ("--stored", "1", "--floor", "--json", str(file), "--plot", str(tmp_path))
    done = bench(*words, *options)
    assert done.returncode == 0, done.stderr
    assert "latency p99, ms" in done.stdout
    assert "runtime / floor = ratio" in done.stdout
    assert "Compared with fewer sagas stored" in done.stdout
    assert (tmp_path / "latency.svg").read_text().count("<polyline") == len(("--in-flight", "--rate"))
    figures = json.loads(file.read_text())
    assert (figures["application"], figures["failures_percent"]) == ("services.shop:SHOP", 5)
    closed, by_the_clock, idle = figures["loads"]
    for load in (closed, by_the_clock):
        assert (load["sagas"], load["failing"]) == (SAGAS, 1)
        assert load["load"].endswith(f"{load['stored']} stored")
        assert len(load["latency_ms"]) == 100
        assert load["cpu_seconds"].keys() == load["memory_bytes"].keys() == {*SHOP.names, "emulators"}
        assert SAGAS * 4 <= load["events_sent"] <= SAGAS * 5
        assert SAGAS * 4 <= load["cosmos_requests"] <= SAGAS * MOST_REQUESTS
        assert SAGAS <= load["cosmos_writes"] <= load["cosmos_requests"]
        assert load["request_units"] >= load["cosmos_requests"]  # no request is charged less than 1
        assert load["checkpoint_writes"] > 0
    assert 1 < closed["stored"] <= WARM_UP
    assert (by_the_clock["stored"], idle["stored"]) == (closed["stored"] + SAGAS, None)
    assert (idle["sagas"], idle["events_sent"], idle["latency_ms"]) == (0, 0, {})
    assert [(load["sagas"], load["failing"]) for load in figures["floor"]] == [(SAGAS, 0), (SAGAS, 0), (0, 0)]
    for load in figures["floor"][:2]:
        assert load["events_sent"] >= SAGAS * 4
        assert SAGAS * 4 <= load["cosmos_requests"] <= SAGAS * FLOOR_REQUESTS


def test_emulators_can_answer_as_slowly_as_a_cloud(tmp_path: Path) -> None:
    """Of a saga, seven requests to Cosmos DB and four deliveries follow one another: it cannot take less than these."""
    plan, file = tmp_path / "plan.json", tmp_path / "figures.json"
    plan.write_text(json.dumps({"seed": 1, "rules": [slow("cosmos"), slow("event_hubs", operation="receive")]}))
    words = ("--in-flight", "2", "--sagas", "4", "--failures", "0", "--json", str(file))
    done = bench(*words, "--faults", str(plan))
    assert done.returncode == 0, done.stderr
    assert "The emulators follow a plan of faults." in " ".join(done.stdout.split())
    figures = json.loads(file.read_text())
    assert figures["faults"] == plan.read_text()
    assert figures["loads"][0]["latency_ms"]["p1"] >= (7 + 4) * DELAY_MS


def slow(server: str, **match: str) -> dict[str, object]:
    return {"server": server, "fault": "slow", "seconds": DELAY_MS / 1000, "match": match}


@pytest.mark.parametrize("text", ['{"seed": 1, "rules": [{"server": "cosmos", "fault": "hungry"}]}', ""])
def test_a_wrong_plan_of_faults_is_one_line(tmp_path: Path, text: str) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(text)
    done = bench("--in-flight", "1", "--faults", str(plan))
    assert (done.returncode, done.stdout) == (FAILED, "")
    assert done.stderr.splitlines()[-1].startswith("quartet: the plan of faults is wrong: ")


def test_a_wrong_run_has_no_figures() -> None:
    done = bench("--in-flight", "1", "--sagas", "1", "--failures", "0", app=f"{__name__}:WRONG_SHOP")
    assert (done.returncode, done.stdout) == (FAILED, "")
    assert done.stderr.splitlines()[-1].startswith("quartet: 8 in flight: wrong, so there are no figures: warm-up-")
    assert "has ended with OrderCancelled.v1, and not with OrderCompleted.v1" in done.stderr


def test_without_a_load_there_is_a_short_look_at_everything() -> None:
    assert loads_of(None, None, None) == (DEFAULT_LOADS, DEFAULT_IDLE)
    assert loads_of([32, 5000], [5.0], None) == ([InFlight(32), InFlight(5000), AtRate(5.0)], None)
    assert loads_of([], None, 3.0) == ([], Idle(3.0))


def test_replicas_are_named_as_the_stack_names_them() -> None:
    named = {"order": "order", "order-2": "order", "payment": "payment", "payment-2": "payment"}
    assert processes(["order", "payment"], 2) == {**named, "emulators": "emulators"}


@pytest.mark.parametrize(
    ("words", "status", "hint"),
    [
        (("--workload", "cake"), FAILED, "shop has no workload 'cake': it has 'failing', 'hot', 'usual'"),
        (("--json", "missing/figures.json"), FAILED, "missing/figures.json cannot be written: No such file"),
        (("--in-flight", "0"), MISUSED, "--in-flight"),
        (("--rate", "nan"), MISUSED, "--rate"),
        (("--stored", "0"), MISUSED, "--stored"),
        (("--replicas", "17"), MISUSED, "--replicas"),
    ],
)
def test_a_mistake_is_one_line_before_anything_is_started(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], status: int, hint: str
) -> None:
    assert run(["bench", *words]) == status
    [line] = capsys.readouterr().err.splitlines()
    assert hint in line


def test_the_floor_is_for_one_hub(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_LAYOUT", "authors")
    assert run(["bench", "--floor"]) == FAILED
    [line] = capsys.readouterr().err.splitlines()
    assert "HUB_LAYOUT=authors: the floor knows one hub" in line


def test_a_layout_that_does_not_exist_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_LAYOUT", "many")
    assert run(["bench"]) == FAILED
    [line] = capsys.readouterr().err.splitlines()
    assert "HUB_LAYOUT=many: it is one of one, inbound, authors" in line
