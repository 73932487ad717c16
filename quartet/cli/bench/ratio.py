"""The cost of the runtime, compared with the floor."""

from collections.abc import Callable, Sequence
from typing import Final

from quartet.cli.bench.latencies import percentile
from quartet.cli.bench.plan import Measurement
from quartet.local.stack import EMULATORS
from quartet.terminal.listing import Listing

FIGURES: Final[dict[str, Callable[[Measurement], float]]] = {
    "sagas a second": lambda one: one.per_second,
    "latency p50, ms": lambda one: percentile(one.latencies, 50),
    "latency p99, ms": lambda one: percentile(one.latencies, 99),
    "per saga: CPU of the participants, ms": lambda one: 1000 * participants_cpu(one) / one.sagas,
    "per saga: CPU of all, ms": lambda one: 1000 * sum(one.cpu.values()) / one.sagas,
    "per saga: Cosmos DB requests": lambda one: one.costs.requests / one.sagas,
    "per saga: request units": lambda one: one.costs.request_units / one.sagas,
    "per saga: sends": lambda one: one.costs.sends / one.sagas,
}
"""The figures that are compared, of a load with sagas."""


def participants_cpu(one: Measurement) -> float:
    """Seconds of processor time without the emulators."""
    return sum(seconds for name, seconds in one.cpu.items() if name != EMULATORS)


def ratio_listing(measurements: Sequence[Measurement], floors: Sequence[Measurement]) -> Listing:
    """For each load that both have carried: the runtime, the floor, and the ratio of the two."""
    pairs = [(one, floor) for one, floor in zip(measurements, floors, strict=True) if one.sagas]
    listing = Listing(
        "runtime / floor = ratio",
        *(one.heading for one, _ in pairs),
        title="Compared with the floor",
        caption="The floor makes the calls of the SDKs that a participant cannot do without, and has no logic",
    )
    for name, figure in FIGURES.items():
        listing.add(name, *(_beside(figure(one), figure(floor)) for one, floor in pairs))
    return listing


def _beside(runtime: float, floor: float) -> str:
    ratio = f"{runtime / floor:.2f}" if floor else "-"
    return f"{runtime:.1f} / {floor:.1f} = {ratio}"
