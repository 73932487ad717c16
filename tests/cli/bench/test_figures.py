"""The figures of a benchmark: arithmetic, and the table that people read."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from quartet.cli.bench.latencies import percentile
from quartet.cli.bench.memory import Sample
from quartet.cli.bench.report import figures_json, figures_listing
from quartet.cli.bench.usage import Usage, parse_machine, parse_stat, usage_of, usage_with_children
from quartet.terminal.console import show
from tests.cli.bench.figures import BUSY, IDLE

TICKS, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize(
    ("percent", "latency"), [(1, 10), (25, 10), (26, 20), (50, 20), (75, 30), (76, 40), (99, 40), (100, 40)]
)
def test_a_percentile_is_a_latency_that_was_measured(percent: float, latency: float) -> None:
    assert percentile([10, 20, 30, 40], percent) == latency


def test_of_a_hundred_the_slowest_is_the_maximum_and_not_the_99th_percentile() -> None:
    values = list(range(1, 101))
    assert (percentile(values, 99), percentile(values, 100)) == (99, 100)


def test_nothing_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


def table(capsys: pytest.CaptureFixture[str]) -> dict[str, list[str]]:
    """The cells of the table by the first one of their row."""
    show(figures_listing([BUSY, IDLE], "shop", "two cores"))
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("│", "┃"))]
    rows = [[cell.strip() for cell in line.strip("│┃").replace("┃", "│").split("│")] for line in lines]
    return {first: rest for first, *rest in rows}


def test_the_table_has_a_column_for_each_load(capsys: pytest.CaptureFixture[str]) -> None:
    rows = table(capsys)
    assert rows[""] == ["32 in flight", "idle"]
    assert rows["sagas"] == ["4", ""]
    assert rows["sagas a second"] == ["2.0", ""]
    assert [rows[f"latency {what}, ms"][0] for what in ("p50", "p99", "max")] == ["20", "40", "40"]
    assert rows["memory, MB: order"] == ["60 to 70", "70 to 70"]


def test_memory_growth_is_shown_for_a_load_that_was_long_enough(capsys: pytest.CaptureFixture[str]) -> None:
    assert not any("growth" in name for name in table(capsys))
    samples = [Sample(at, {"order": 70_000_000 + at * 1_000}) for at in range(0, 120, 5)]
    show(figures_listing([replace(BUSY, samples=samples), IDLE], "shop", ""))
    assert "memory growth, MB an hour: order   │ +3.6" in capsys.readouterr().out


def test_the_benchmark_itself_is_not_part_of_what_a_saga_costs(capsys: pytest.CaptureFixture[str]) -> None:
    rows = table(capsys)
    assert rows["per saga: CPU, ms"] == ["20.00", ""]
    assert rows["not counted: this benchmark"] == ["2.50", ""]
    assert rows["CPU, % of a core"] == ["2.0", "3.2"]
    assert rows["CPU of other programs, % of a core"] == ["75", "0"]


def test_requests_are_shown_per_saga_and_an_idle_system_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    rows = table(capsys)
    assert rows["per saga: Cosmos DB requests"] == ["11.00", ""]
    assert rows["per saga: request units"] == ["82.55", ""]
    assert rows["per saga: acknowledged writes"] == ["10.00", ""]
    assert rows["per saga: events received"] == ["20.00", ""]


def test_a_program_gets_totals_and_every_percentile() -> None:
    busy, idle = figures_json([BUSY, IDLE])
    assert (busy["cosmos_requests"], busy["request_units"], busy["events_sent"]) == (44, 330.2, 16)
    assert busy["cosmos_writes"] == 24
    assert busy["latency_ms"]["p50"] == 20
    assert len(busy["latency_ms"]) == 100
    assert idle["latency_ms"] == {}
    assert (busy["memory_bytes_before"]["order"], busy["memory_bytes"]["order"]) == (60_400_000, 70_400_000)
    assert busy["memory_samples"][1] == {"seconds": 4.0, "bytes": busy["memory_bytes"]}
    assert busy["memory_growth_bytes_per_hour"] == {}


def test_the_name_of_a_program_does_not_shift_what_is_read_of_it() -> None:
    after_the_name = ["S", *map(str, range(4, 53))]  # each field has its number in `man proc_pid_stat`
    ticks = parse_stat(f"1 (python3) {' '.join(after_the_name)}")
    assert parse_stat(f"1 (a b) S) 7 (x) {' '.join(after_the_name)}") == ticks
    assert ticks == Usage((14 + 15) / TICKS, 24 * PAGE)


def test_waiting_is_no_work_of_the_machine() -> None:
    assert parse_machine("cpu  1 2 4 1000 2000 8 16 32 64 128\ncpu0 9 9 9\n") == (1 + 2 + 4 + 8 + 16 + 32) / TICKS


def test_replicas_are_added_up() -> None:
    assert Usage(1.5, 10) + Usage(0.5, 32) == Usage(2.0, 42)


def test_the_use_of_a_process_has_that_of_the_processes_below_it() -> None:
    hungry = "import sys; kept = bytearray(%d << 20); print(flush=True); sys.stdin.read()"
    starts = f"import subprocess, sys\nwith subprocess.Popen([sys.executable, '-c', {hungry % 64!r}]): pass"
    command = [sys.executable, "-c", starts]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # said by the one below it
        alone, together = usage_of(process.pid).memory, usage_with_children([process.pid])[process.pid].memory
        assert alone < 64 << 20 < together
        process.communicate(b"")
