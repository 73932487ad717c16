"""The pictures show each load with its figures, and are drawn from a saved run as from a fresh one."""

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from quartet.cli.bench.plots.axis import decades, from_zero
from quartet.cli.bench.plots.bars import cost_picture
from quartet.cli.bench.plots.curves import latency_picture
from quartet.cli.bench.plots.figures import Figures, figures_of
from quartet.cli.bench.report import figures_json
from quartet.cli.failures import FAILED
from quartet.cli.main import run
from tests.cli.bench.figures import BUSY, IDLE

SVG = "{http://www.w3.org/2000/svg}"
SLOW = replace(BUSY, title="400 in flight <x>", latencies=(100.0, 200.0, 300.0, 1000.0))
CONTENT = {"application": "cakes & bread", "loads": figures_json([BUSY, SLOW, IDLE])}


def figures() -> Figures:
    return figures_of(CONTENT)


def texts(root: ET.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def test_each_load_with_sagas_has_a_curve_and_its_percentiles() -> None:
    root = ET.fromstring(latency_picture(figures()))
    assert len(list(root.iter(f"{SVG}polyline"))) == 2
    assert texts(root)[-2:] == ["32 in flight: p50 20, p99 40 ms", "400 in flight <x>: p50 200, p99 1000 ms"]
    assert "cakes & bread: the latency of a saga" in texts(root)
    assert {"share of the sagas", "latency in ms (logarithmic)", "10", "1000", "100 %"} <= set(texts(root))


def test_a_curve_ascends_from_the_fastest_saga_to_the_slowest() -> None:
    """On a logarithmic axis from 10 to 1000 ms, which is 520 wide and 320 high, from (64, 56) on."""
    [fast, slow] = ET.fromstring(latency_picture(figures())).iter(f"{SVG}polyline")
    points = [tuple(map(float, point.split(","))) for point in (slow.get("points") or "").split()]
    assert (fast.get("points") or "").startswith("64.0,")
    assert points[0][0] == 64 + 520 / 2
    assert points[-1] == (64 + 520, 56)
    assert points == sorted(points, key=lambda point: (point[0], -point[1]))


def test_labels_of_a_long_axis_do_not_overlap() -> None:
    """16 labels on 520 pixels would."""
    long = figures_of({"application": "bread", "loads": figures_json([replace(BUSY, latencies=(1.0, 90_000.0))])})
    labels = [text for text in texts(ET.fromstring(latency_picture(long))) if text.isdigit()]
    assert labels == ["1", "10", "100", "1000", "10000", "100000"]


def test_a_latency_of_nothing_is_drawn_at_the_edge() -> None:
    early = figures_of({"application": "bread", "loads": figures_json([replace(BUSY, latencies=(0.0, 1.0))])})
    assert "nan" not in latency_picture(early)
    assert 'points="64.0,' in latency_picture(early)


def test_each_load_has_a_bar_of_cpu_and_one_of_requests() -> None:
    root = ET.fromstring(cost_picture(figures()))
    assert texts(root).count("32 in flight") == texts(root).count("400 in flight <x>") == 2
    assert texts(root).count("20.0") == 2  # milliseconds of CPU
    assert texts(root).count("15.0") == 2  # 44 requests, 10 sends and 6 checkpoints of 4 sagas
    assert "idle" not in texts(root)
    pieces = [element.text for element in root.iter(f"{SVG}title")][1:]
    assert pieces[:2] == ["order: 12.50", "emulators: 7.50"]
    assert "checkpoint writes: 1.50" in pieces


def test_a_piece_is_as_high_as_its_figure() -> None:
    bars = [one for one in ET.fromstring(cost_picture(figures())).iter(f"{SVG}rect") if one.get("width") == "64"]
    order, emulators = (float(one.get("height") or 0) for one in bars[:2])
    assert order / emulators == pytest.approx(12.5 / 7.5, rel=0.01)


def test_nothing_can_be_drawn_too() -> None:
    idle = figures_of({"application": "bread", "loads": figures_json([IDLE])})
    assert list(ET.fromstring(latency_picture(idle)).iter(f"{SVG}polyline")) == []
    assert list(ET.fromstring(cost_picture(idle)).iter(f"{SVG}rect")) == []


@pytest.mark.parametrize("picture", [latency_picture, cost_picture])
def test_a_picture_has_its_own_dark_colours(picture: object) -> None:
    assert callable(picture)
    text = picture(figures())
    assert "prefers-color-scheme: dark" in text
    assert "color-scheme: light dark" in text


@pytest.mark.parametrize(
    ("smallest", "largest", "ticks"),
    [
        (10, 1000, [10, 20, 50, 100, 200, 500, 1000]),
        (9.9, 10.1, [5, 10, 20]),
        (10, 10, [10, 20]),
        (0.1, 0.3, [0.1, 0.2, 0.5]),
    ],
)
def test_a_logarithmic_axis_holds_all_values(smallest: float, largest: float, ticks: list[float]) -> None:
    assert decades(smallest, largest) == pytest.approx(ticks)


@pytest.mark.parametrize(
    ("largest", "ticks"),
    [
        (49.3, [0, 10, 20, 30, 40, 50]),
        (18.3, [0, 5, 10, 15, 20]),
        (1000, [0, 200, 400, 600, 800, 1000]),
        (0.3, [0, 0.1, 0.2, 0.3]),
        (0, [0, 1]),
    ],
)
def test_an_axis_from_zero_holds_the_largest_value(largest: float, ticks: list[float]) -> None:
    assert from_zero(largest) == pytest.approx(ticks)


def test_a_saved_run_is_drawn_without_another_one(tmp_path: Path) -> None:
    file, directory = tmp_path / "figures.json", tmp_path / "pictures" / "of bread"
    file.write_text(json.dumps(CONTENT))
    assert run(["bench", "--from", str(file), "--plot", str(directory)]) == 0
    assert (directory / "latency.svg").read_text() == latency_picture(figures())
    assert (directory / "cost.svg").read_text() == cost_picture(figures())


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "is not a file of quartet bench --json: "),
        ('{"application": "bread"}', "is not a file of quartet bench --json: loads: "),
        (json.dumps(CONTENT).replace('"p50": 20.0', '"p50": NaN'), "latency_ms.p50: "),
        (json.dumps(CONTENT).replace('"p50"', '"fifty"'), "latency_ms.fifty"),
        (json.dumps(CONTENT).replace('"sends": 10', '"sends": -1'), "sends: "),
    ],
)
def test_a_file_of_something_else_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, hint: str
) -> None:
    file = tmp_path / "figures.json"
    file.write_text(text)
    assert run(["bench", "--from", str(file), "--plot", str(tmp_path)]) == FAILED
    [line] = capsys.readouterr().err.splitlines()
    assert hint in line


def test_a_directory_that_cannot_be_made_is_found_before_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert run(["bench", "--plot", str(tmp_path / "file")]) == FAILED
    assert capsys.readouterr().err == f"quartet: {tmp_path}/file cannot be made: File exists\n"


def test_a_saved_run_needs_a_directory(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "--from", "figures.json"]) == FAILED
    assert capsys.readouterr().err == "quartet: --from draws the figures of an earlier run: add --plot DIR\n"
