"""What was done, what it did, and how to do it again."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from quartet.cli.timeline.view import timeline_listing
from tests.chaos.fleet import Fleet
from tests.chaos.verdict import Verdict

_MOST_PROBLEMS = 40


@dataclass(slots=True)
class Recoveries:
    """How long it took, by kind of act, until orders placed at its end were completed; None: longer than we waited."""

    seconds: defaultdict[str, list[float | None]] = field(default_factory=lambda: defaultdict(list))


def show_recoveries(console: Console, recoveries: Recoveries) -> None:
    """One row per kind of act."""
    table = Table(title="Recovery: from the end of the act until orders then placed on all partitions had ended")
    table.add_column("act")
    table.add_column("times", justify="right")
    table.add_column("seconds", justify="right")
    for kind, times in sorted(recoveries.seconds.items()):
        texts = ["not in time" if time is None else f"{time:.1f}" for time in times]
        table.add_row(kind, str(len(times)), ", ".join(texts))
    console.print(table)


def show_faults(console: Console, injected: Mapping[str, Counter[str]]) -> None:
    """How often each fault struck."""
    for server, faults in injected.items():
        console.print(
            f"injected into {server}: " + ", ".join(f"{count} {fault}" for fault, count in sorted(faults.items()))
        )


def show_suppressed(console: Console, fleet: Fleet) -> None:
    """What the services made of it."""
    outcomes, stats = fleet.watch.outcomes, fleet.stats
    console.print(
        f"duplicates suppressed: {outcomes['repeated']} repeated (answered again from the record), "
        f"{outcomes['ignored']} ignored; conflicts lost and run again: {stats['conflicts']}; "
        f"handlers tried again: {stats['retries']}"
    )
    console.print("outcomes: " + ", ".join(f"{count} {name}" for name, count in outcomes.most_common()))
    peaks = sorted(fleet.peak_mb.items())
    console.print("most memory seen, MB: " + ", ".join(f"{name} {size}" for name, size in peaks))
    for title, counter in (("warnings", fleet.watch.warnings), ("errors", fleet.watch.errors)):
        console.print(f"{title} in the logs: {counter.total()}")
        for text, count in counter.most_common(15):
            console.print(f"  {count} x {text}", markup=False, highlight=False)


def show_verdict(console: Console, verdict: Verdict) -> None:
    """How the orders ended, and whatever is wrong, with the timelines of the first orders."""
    for kind, ends in sorted(verdict.ends.items()):
        console.print(f"{kind}: " + ", ".join(f"{count} {status}" for status, count in sorted(ends.items())))
    for finding in verdict.findings:
        figures = ", ".join(f"{name}: {value}" for name, value in finding.figures.items())
        state = "holds" if finding.holds else f"BROKEN {len(finding.violations)} times"
        console.print(f"invariant {finding.number} {state}: {finding.rule} ({figures})", highlight=False)
    for subject, problem in verdict.problems[:_MOST_PROBLEMS]:
        console.print(f"VIOLATION {subject}: {problem}", style="red", markup=False)
    if (more := len(verdict.problems) - _MOST_PROBLEMS) > 0:
        console.print(f"and {more} more", style="red")
    for order_id, story in verdict.timelines.items():
        console.print(timeline_listing(story, order_id))


def died_by_themselves(fleet: Fleet) -> Sequence[str]:
    """Processes that ended without being killed."""
    return [str(exit_) for exit_ in fleet.died]
