"""Sagas are stored before a load that is compared with what is stored, and only that load is measured."""

from dataclasses import dataclass, field, replace

import pytest

from quartet.cli.bench.driving import Limits
from quartet.cli.bench.plan import AtRate, InFlight, Measurement
from quartet.cli.bench.report import figures_json
from quartet.cli.bench.stored import measure_stored, stored_listing
from quartet.terminal.console import show
from tests.cli.bench.figures import BUSY

RATE, FEW = AtRate(50), InFlight(8)


@dataclass
class Stack:
    """Ends every saga that a load begins: as many as its limits allow."""

    loads: list[tuple[str, int, str]] = field(default_factory=list)
    announced: list[str] = field(default_factory=list)

    async def measure(self, load: InFlight | AtRate, limits: Limits, prefix: str) -> Measurement:
        self.loads.append((load.title, limits.sagas, prefix))
        return replace(BUSY, title=load.title, latencies=(1.0,) * limits.sagas)

    async def announce(self, load: InFlight | AtRate) -> None:
        self.announced.append(load.title)


async def test_each_level_is_filled_up_before_its_loads() -> None:
    """The sagas of the loads count: they are stored as well."""
    stack = Stack()
    found = await measure_stored(
        stack, [RATE, FEW], limits=Limits(9, 30), levels=[100, 1000], announce=stack.announce, stored=64
    )
    assert stack.loads == [
        ("400 in flight", 36, "stored-100-"),
        ("50 a second", 30, "bench-1-"),
        ("8 in flight", 30, "bench-2-"),
        ("400 in flight", 840, "stored-1000-"),
        ("50 a second", 30, "bench-3-"),
        ("8 in flight", 30, "bench-4-"),
    ]
    assert stack.announced == ["50 a second", "8 in flight"] * 2
    assert [one.stored for one in found] == [100, 130, 1000, 1030]
    assert found[2].heading == "50 a second, 1000 stored"


async def test_a_level_that_is_exceeded_is_measured_with_what_is_stored() -> None:
    stack = Stack()
    found = await measure_stored(
        stack, [RATE], limits=Limits(9, 500), levels=[100, 200], announce=stack.announce, stored=64
    )
    assert [one.stored for one in found] == [100, 600]


async def test_without_levels_each_load_runs_once() -> None:
    stack = Stack()
    [found] = await measure_stored(stack, [RATE], limits=Limits(9, 30), levels=[], announce=stack.announce, stored=64)
    assert (found.stored, found.heading) == (None, "50 a second")
    assert stack.loads == [("50 a second", 30, "bench-1-")]


def test_a_load_is_compared_with_itself_when_less_was_stored(capsys: pytest.CaptureFixture[str]) -> None:
    first, other = replace(BUSY, stored=100), replace(BUSY, title="5 a second", stored=104)
    later = replace(BUSY, stored=1000, cpu={"order": 0.055, "emulators": 0.03})
    show(stored_listing([first, other, later, replace(later, latencies=())]))
    out = capsys.readouterr().out
    assert "32 in flight, 100 stored ┃ 5 a second, 104 stored ┃ 32 in flight, 1000 stored ┃" in out
    row = next(line for line in out.splitlines() if "CPU of the participants" in line)
    assert [cell.strip() for cell in row.split("│")[2:5]] == ["12.5 = 1.00", "12.5 = 1.00", "13.8 = 1.10"]
    assert "per saga: request units" in out


def test_a_program_gets_what_was_stored() -> None:
    plain, compared = figures_json([BUSY, replace(BUSY, stored=100)])
    assert (plain["load"], plain["stored"]) == ("32 in flight", None)
    assert (compared["load"], compared["stored"]) == ("32 in flight, 100 stored", 100)
