"""`quartet bench`: the cost of a saga on this machine, and its latency."""

import asyncio
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from quartet.cli.application import in_style, runnable, the_application, use
from quartet.cli.bench.driving import Limits
from quartet.cli.bench.mixing import mix_of
from quartet.cli.bench.plan import DEFAULT_IDLE, DEFAULT_LOADS, AtRate, Idle, InFlight, Measurement
from quartet.cli.bench.plots.figures import figures_of, read_figures
from quartet.cli.bench.plots.writing import make_directory, plot
from quartet.cli.bench.ratio import floor_listing, style_listing
from quartet.cli.bench.report import figures_json, figures_listing
from quartet.cli.bench.running import Result, Run, measure
from quartet.cli.bench.stored import stored_listing
from quartet.cli.bench.usage import check_measurable
from quartet.engine.declaration.workload import USUAL
from quartet.local.hub_config import chosen_layout
from quartet.process.application import Application
from quartet.terminal.console import show
from quartet.terminal.files import read_text
from quartet.terminal.numbers import a_number
from quartet.terminal.user_error import UserError


def bench(
    *,
    in_flight: Annotated[
        list[int] | None, typer.Option(min=1, max=100_000, help="Keep N sagas in flight. May be repeated.")
    ] = None,
    rate: Annotated[
        list[float] | None,
        typer.Option(min=0.1, max=10_000, help="Begin this many sagas a second, by the clock. May be repeated."),
    ] = None,
    idle: Annotated[
        float | None,
        typer.Option(min=1, max=86_400, callback=a_number, help="Watch the idle system for this many seconds."),
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=1, max=86_400, callback=a_number, help="For how long each load begins sagas.")
    ] = 15,
    sagas: Annotated[
        int, typer.Option(min=1, max=10_000_000, help="How many sagas each load begins at most.")
    ] = 1_000_000,
    stored: Annotated[
        list[int] | None,
        typer.Option(
            min=1, max=10_000_000, help="Store N sagas that are not measured before the loads. May be repeated."
        ),
    ] = None,
    failures: Annotated[
        float | None,
        typer.Option(
            min=0, max=100, callback=a_number, help="Percent of the sagas that fail; by default 5, if there are any."
        ),
    ] = None,
    workload: Annotated[
        str, typer.Option(metavar="NAME", help="Which of the application's workloads to begin sagas with.")
    ] = USUAL,
    replicas: Annotated[int, typer.Option(min=1, max=16, help="Processes of each participant.")] = 1,
    floor: Annotated[
        bool, typer.Option("--floor", help="Also measure programs that make the same calls of the SDKs without logic.")
    ] = False,
    compare: Annotated[
        str | None,
        typer.Option(metavar="STYLE", help="Also measure the same sagas in another style that the application has."),
    ] = None,
    faults: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A plan of faults that the emulators follow, such as delays. - reads stdin."),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write all figures to a file, as JSON.")
    ] = None,
    plot_directory: Annotated[
        Path | None, typer.Option("--plot", metavar="DIR", help="Draw latency.svg and cost.svg into this directory.")
    ] = None,
    from_file: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE", help="Measure nothing: draw the figures of a file that --json has written."
        ),
    ] = None,
) -> None:
    """Measure the cost of a saga on this machine: emulators and participants as processes, and one more for the load.

    Without --in-flight, --rate and --idle: 32 and 400 sagas in flight, 5 a second, and idle. That takes 90 seconds.

    Every saga must end as it has to, and the audit must hold. Otherwise there are no figures, and exit status 1.
    """
    if plot_directory is not None:
        make_directory(plot_directory)
    if from_file is not None:
        if plot_directory is None:
            raise UserError("--from draws the figures of an earlier run: add --plot DIR")
        plot(read_figures(from_file), plot_directory)
        return
    check_measurable()
    layout = chosen_layout()
    if floor and layout != "one":
        raise UserError(f"HUB_LAYOUT={layout}: the floor knows one hub; leave out --floor, or set HUB_LAYOUT=one")
    mix = mix_of(runnable(), workload, failures)
    if compare is not None:
        in_style(compare)  # a style that is not there is found before the run, not after it
    if json_file is not None:
        _write(json_file, "")  # what cannot be written is found before the run, not after it
    plan = None if faults is None else read_text(faults)
    loads, quiet = loads_of(in_flight, rate, idle)
    run = Run(the_application(), mix, loads, quiet, Limits(seconds, sagas), replicas, floor, sorted(stored or ()), plan)
    surroundings = {**machine(), "replicas": replicas, "workload": workload, "failures_percent": mix.failures}
    surroundings["hubs"] = layout
    if plan is not None:
        surroundings["faults"] = plan
    result = asyncio.run(measure(run))
    compared = None if compare is None else _measure_in(compare, run)
    _show(run, result, compared, _caption(surroundings))
    content = {"application": run.application.path, **surroundings, **_as_json(result, compared)}
    if plot_directory is not None:
        plot(figures_of(content), plot_directory)
    if json_file is not None:
        _write(json_file, json.dumps(content, indent=2) + "\n")


@dataclass(frozen=True, slots=True)
class Compared:
    """The same run in another style of the application."""

    style: str
    application: Application
    measurements: Sequence[Measurement]


def _show(run: Run, result: Result, compared: Compared | None, caption: str) -> None:
    show(figures_listing(result.measurements, _title(run.application), caption))
    if run.stored and run.loads:
        show(stored_listing(result.measurements))
    if result.floor:
        show(floor_listing(result.measurements, result.floor))
    if compared is not None:
        show(figures_listing(compared.measurements, _title(compared.application), caption))
        show(style_listing(result.measurements, compared.measurements, compared.style))


def _title(application: Application) -> str:
    return f"{application.choreography.name}: the cost of a saga"


def _as_json(result: Result, compared: Compared | None) -> dict[str, Any]:
    content: dict[str, Any] = {"loads": figures_json(result.measurements)}
    if result.floor:
        content["floor"] = figures_json(result.floor)
    if compared is not None:
        loads = figures_json(compared.measurements)
        content["compared"] = {"style": compared.style, "application": compared.application.path, "loads": loads}
    return content


def _measure_in(style: str, run: Run) -> Compared:
    """The same run in another style. All of this process is about that application meanwhile."""
    other = in_style(style)
    use(other)
    try:
        result = asyncio.run(measure(replace(run, application=other, with_floor=False)))
    finally:
        use(run.application)
    return Compared(style, other, result.measurements)


def loads_of(
    in_flight: Sequence[int] | None, rate: Sequence[float] | None, idle: float | None
) -> tuple[Sequence[InFlight | AtRate], Idle | None]:
    """The loads that the options name, in a fixed order; without options a short look at everything."""
    if not in_flight and not rate and idle is None:
        return DEFAULT_LOADS, DEFAULT_IDLE
    loads: list[InFlight | AtRate] = [*map(InFlight, in_flight or ()), *map(AtRate, rate or ())]
    return loads, None if idle is None else Idle(idle)


def machine() -> dict[str, Any]:
    """The machine, and its load before the run."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_average_before": round(os.getloadavg()[0], 2),
    }


def _caption(surroundings: dict[str, Any]) -> str:
    faulty = " The emulators follow a plan of faults." if "faults" in surroundings else ""
    return (
        f"{surroundings['cores']} cores, Python {surroundings['python']}, replicas: {surroundings['replicas']}, "
        f"workload: {surroundings['workload']}, {surroundings['failures_percent']:g} % fail, "
        f"hubs: {surroundings['hubs']}.{faulty} "
        f"Load average of the machine before the run: {surroundings['load_average_before']}. "
        "Latency: from the send of the first event to the last event in the hub, by the hub's clock"
    )


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}") from error
