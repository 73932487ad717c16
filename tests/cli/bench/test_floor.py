"""A saga that was played once is played again by programs without logic."""

import json
from dataclasses import replace
from typing import Any

import pytest

from quartet.cli.bench.floor.script import read_script, script_of
from quartet.cli.bench.ratio import floor_listing
from quartet.terminal.console import show
from tests.cli.bench.figures import BUSY, IDLE
from tests.topology.oven import BAKERY


def event(id_: str, type_: str, source: str, cause: str = "") -> dict[str, Any]:
    return {"id": id_, "type": type_, "source": source, "subject": "rye", "causationid": cause, "data": {"loaf": "rye"}}


BAKED = [
    event("1", "BreadWanted.v1", "/quartet/cli"),
    event("2", "FlourGround.v1", "/services/miller", cause="1"),
    event("3", "BreadBaked.v1", "/services/baker", cause="2"),
]


def test_who_answers_what_is_learnt_from_a_saga() -> None:
    script = script_of(BAKERY, "rye", [*BAKED, BAKED[1], event("4", "Eaten.v1", "/services/guest", cause="3")])
    assert {name: {heard: len(said) for heard, said in of.items()} for name, of in script.answers.items()} == {
        "miller": {"/quartet/cli BreadWanted.v1": 1},
        "baker": {"/services/miller FlourGround.v1": 1},
    }
    assert read_script(script.to_json()) == script


def test_an_answer_is_of_the_saga_that_it_is_played_in() -> None:
    script = read_script(script_of(BAKERY, "rye", BAKED).to_json())
    ground = [{**BAKED[1], "subject": saga} for saga in ("wheat", "oat")]
    first, second = (json.loads(script.answers_to("baker", one)[0]) for one in ground)
    assert (first["subject"], first["data"], first["type"]) == ("wheat", {"loaf": "wheat"}, "BreadBaked.v1")
    assert first["id"] != second["id"]


def test_what_was_not_answered_in_the_saga_is_not_answered_again() -> None:
    script = script_of(BAKERY, "rye", BAKED)
    assert script.answers_to("miller", BAKED[2]) == []
    assert script.answers_to("guest", BAKED[2]) == []
    assert script.answers_to("baker", {**BAKED[1], "source": "/services/another-miller"}) == []


def test_the_runtime_is_compared_with_the_floor(capsys: pytest.CaptureFixture[str]) -> None:
    floor = replace(BUSY, cpu={"order": 0.025, "emulators": 0.03}, latencies=(5.0, 10.0, 15.0, 20.0))
    show(floor_listing([BUSY, IDLE], [floor, IDLE]))
    out = capsys.readouterr().out
    assert "per saga: CPU of the participants, ms │ 12.5 / 6.2 = 2.00" in out
    assert "latency p50, ms                       │ 20.0 / 10.0 = 2.00" in out
    assert "idle" not in out
