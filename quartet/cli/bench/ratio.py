"""Two runs of the same loads, side by side."""

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
    "per saga: events sent": lambda one: one.costs.events / one.sagas,
}
"""The figures that are compared, of a load with sagas."""


def participants_cpu(one: Measurement) -> float:
    """Seconds of processor time without the emulators."""
    return sum(seconds for name, seconds in one.cpu.items() if name != EMULATORS)


def floor_listing(measurements: Sequence[Measurement], floors: Sequence[Measurement]) -> Listing:
    """For each load that both have carried: the runtime, the floor, and the ratio of the two."""
    return _listing(
        measurements,
        floors,
        corner="runtime / floor = ratio",
        title="Compared with the floor",
        caption="The floor makes the calls of the SDKs that a participant cannot do without, and has no logic",
    )


def style_listing(measurements: Sequence[Measurement], others: Sequence[Measurement], style: str) -> Listing:
    """For each load that both have carried: the application, the same sagas in the other style, and the ratio."""
    return _listing(
        measurements,
        others,
        corner=f"application / {style} = ratio",
        title=f"Compared with the {style} style",
        caption="Both began the same sagas, one run after the other, and the audit holds in both",
    )


def _listing(
    measurements: Sequence[Measurement], others: Sequence[Measurement], *, corner: str, title: str, caption: str
) -> Listing:
    pairs = [(one, other) for one, other in zip(measurements, others, strict=True) if one.sagas]
    listing = Listing(corner, *(one.heading for one, _ in pairs), title=title, caption=caption)
    for name, figure in FIGURES.items():
        listing.add(name, *(_beside(figure(one), figure(other)) for one, other in pairs))
    return listing


def _beside(first: float, second: float) -> str:
    ratio = f"{first / second:.2f}" if second else "-"
    return f"{first:.1f} / {second:.1f} = {ratio}"
