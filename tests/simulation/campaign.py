"""Many runs, one seed after the other, until there have been enough sagas."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import count, islice

from tests.simulation.plan import Plan, make_plan
from tests.simulation.run import Result, run_plan
from tests.simulation.shrink import shrink

_RUNS_AT_ONCE = 8


@dataclass(slots=True)
class Report:
    """What many runs came to. `failed` are the seeds of those that broke a rule, and the first rule of each."""

    sagas: int = 0
    runs: int = 0
    figures: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    failed: dict[int, str] = field(default_factory=dict)
    hours: float = 0.0
    seconds: float = 0.0

    def add(self, seed: int, sagas: int, result: Result) -> None:
        """Count one more run."""
        self.sagas += sagas
        self.runs += 1
        self.figures += result.figures
        self.faults += result.faults
        self.statuses += result.statuses
        self.hours += result.seconds / 3600
        if result.broken:
            self.failed[seed] = str(result.broken[0])

    def text(self) -> str:
        """For people."""
        fault_lines = [f"  {number:7,}  {kind}" for kind, number in sorted(self.faults.items())]
        figures, statuses = dict(self.figures), dict(sorted(self.statuses.items()))
        lines = [
            f"{self.sagas:,} sagas in {self.runs:,} runs, {self.hours:,.0f} h of theirs, {self.seconds:.1f} s of ours",
            f"ended as: {', '.join(f'{name} {number:,}' for name, number in statuses.items())}",
            f"counted: {', '.join(f'{name} {number:,}' for name, number in figures.items())}",
            f"{sum(self.faults.values()):,} faults:",
            *fault_lines,
            *(f"BROKEN with seed {seed}: {what}" for seed, what in self.failed.items()),
        ]
        return "\n".join(lines)


def run_campaign(sagas: int, seed: int, *, processes: int = 1, fail_fast: bool = False) -> Report:
    """Run until so many sagas have ended, or with `fail_fast`, until a rule is broken."""
    began = time.perf_counter()
    report = Report()
    for number, orders, result in _runs(seed, processes):
        report.add(number, orders, result)
        if report.sagas >= sagas or (fail_fast and report.failed):
            break
    report.seconds = time.perf_counter() - began
    return report


def _runs(seed: int, processes: int) -> Iterator[tuple[int, int, Result]]:
    if processes == 1:
        yield from map(run_seed, count(seed))
        return
    with ProcessPoolExecutor(processes) as pool:
        seeds = count(seed)
        while True:
            yield from pool.map(run_seed, list(islice(seeds, _RUNS_AT_ONCE * processes)), chunksize=_RUNS_AT_ONCE // 2)


def run_seed(seed: int) -> tuple[int, int, Result]:
    """One run: its seed, how many orders there were, and what came of it."""
    plan = make_plan(seed)
    result = run_plan(plan)
    result.history = []
    result.requests = {}
    return seed, len(plan.order_ids), result


def smallest(plan: Plan) -> Plan:
    """The smallest plan that can be found which breaks the same rule as this one."""
    rule = run_plan(plan).broken[0].rule
    return shrink(plan, lambda smaller: any(broken.rule == rule for broken in run_plan(smaller).broken[:1]))


def story(plan: Plan) -> str:
    """What a plan does, and what happens in it, for a person to read."""
    result = run_plan(plan, trace=True)
    return "\n".join(
        [
            f"replicas of each service: {plan.replicas}, partitions: {plan.partitions}, events in a send: {plan.room}",
            f"hubs: {plan.layout}",
            *(f"  {one.at:.3f} s: {one.what} of {one.order_id}, key {one.key}" for one in plan.publications),
            *(f"  {fault}" for fault in plan.faults),
            *result.trace.lines,
            *(f"BROKEN: {broken}" for broken in result.broken),
        ]
    )
