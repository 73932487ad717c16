"""`quartet bench --compare`: the same sagas in another style, one run after the other, each with its audit."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import pytest

from quartet.cli.bench.plots.curves import latency_picture
from quartet.cli.bench.plots.figures import figures_of
from quartet.cli.bench.ratio import style_listing
from quartet.cli.bench.report import figures_json
from quartet.cli.failures import MISUSED
from quartet.cli.main import run
from quartet.terminal.console import show
from tests.cli.bench.figures import BUSY, IDLE
from tests.cli.bench.test_command import bench
from tests.cli.bench.test_plots import SVG, texts

SAGAS: Final = 16
SLOWER: Final = replace(BUSY, cpu={"conductor": 0.1, "emulators": 0.06}, latencies=(20.0, 40.0, 60.0, 80.0))


def test_both_styles_carry_the_same_sagas_and_are_audited(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    words = ("--in-flight", "8", "--sagas", str(SAGAS), "--seconds", "60", "--json", str(file), "--plot", str(tmp_path))
    done = bench("--compare", "orchestrated", *words)
    assert done.returncode == 0, done.stderr
    assert "the audit of shop holds" in done.stderr
    assert "the audit of shop-orchestrated holds" in done.stderr
    assert "application / orchestrated = ratio" in done.stdout
    assert (tmp_path / "latency.svg").read_text().count("<polyline") == 2
    figures = json.loads(file.read_text())
    compared = figures["compared"]
    assert (compared["style"], compared["application"]) == ("orchestrated", "services.orchestrator.app:ORCHESTRATED")
    (ours,), (theirs,) = figures["loads"], compared["loads"]
    assert (ours["sagas"], theirs["sagas"], theirs["failing"]) == (SAGAS, SAGAS, ours["failing"])
    assert theirs["cpu_seconds"].keys() == {"orchestrator", "emulators"}
    # An orchestrator says how a saga ended, and nothing in between. Its costs are counted under its own name.
    assert theirs["events_sent"] == SAGAS
    assert SAGAS * 4 <= theirs["cosmos_requests"] <= SAGAS * 14


def test_the_styles_are_put_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    show(style_listing([BUSY, IDLE], [SLOWER, IDLE], "conducted"))
    out = capsys.readouterr().out
    assert "application / conducted = ratio" in out
    assert "latency p50, ms                       │ 20.0 / 40.0 = 0.50" in out


def test_a_picture_has_each_load_beside_that_which_it_met() -> None:
    loads = figures_json([BUSY, IDLE])
    compared = {"style": "conducted", "application": "x", "loads": figures_json([SLOWER, IDLE])}
    root = ET.fromstring(latency_picture(figures_of({"application": "x", "loads": loads, "compared": compared})))
    assert len(list(root.iter(f"{SVG}polyline"))) == 2
    assert texts(root)[-2:] == [
        "32 in flight: p50 20, p99 40 ms",
        "32 in flight, conducted: p50 40, p99 80 ms",
    ]


@pytest.mark.parametrize("command", [("bench", "--compare", "danced"), ("up", "--style", "danced")])
def test_a_style_that_does_not_exist_is_one_line(capsys: pytest.CaptureFixture[str], command: tuple[str, ...]) -> None:
    assert run(command) == MISUSED
    [line] = capsys.readouterr().err.splitlines()
    assert line == "quartet: there is no style danced: shop has the styles orchestrated"


def test_an_application_without_another_style_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--app", "examples.trip.app:TRIP", "bench", "--compare", "danced"]) == MISUSED
    [line] = capsys.readouterr().err.splitlines()
    assert line == "quartet: there is no style danced: trip has no other style"
