"""The figures of a benchmark, for people and for programs."""

from collections.abc import Sequence
from typing import Any, Final

from quartet.cli.bench.latencies import percentile
from quartet.cli.bench.memory import growth
from quartet.cli.bench.plan import Measurement
from quartet.terminal.listing import Listing

_MEGABYTE: Final = 1_000_000
_MILLI: Final = 1_000


def figures_listing(measurements: Sequence[Measurement], title: str, caption: str) -> Listing:
    """One column for each load, one row for each figure. A figure that a load does not have is left out."""
    listing = Listing("", *(one.heading for one in measurements), title=title, caption=caption)
    columns = [_about_sagas(one) | _about_processes(one) for one in measurements]
    for name in dict.fromkeys(name for column in columns for name in column):
        listing.add(name, *(column.get(name, "") for column in columns))
    return listing


def _about_sagas(one: Measurement) -> dict[str, str]:
    costs, groups = one.costs, one.cpu
    if not one.sagas:
        return {}
    return {
        "sagas": str(one.sagas),
        "of them meant to fail": str(one.failing),
        "sagas a second": f"{one.per_second:.1f}",
        "latency p50, ms": f"{percentile(one.latencies, 50):.0f}",
        "latency p99, ms": f"{percentile(one.latencies, 99):.0f}",
        "latency max, ms": f"{one.latencies[-1]:.0f}",
        "per saga: CPU, ms": _per_saga(one, _MILLI * sum(groups.values())),
        **{f"  {name}": _per_saga(one, _MILLI * seconds) for name, seconds in groups.items()},
        "  not counted: this benchmark": _per_saga(one, _MILLI * one.own_cpu),
        "per saga: Cosmos DB requests": _per_saga(one, costs.requests),
        "per saga: request units": _per_saga(one, costs.request_units),
        "per saga: sends": _per_saga(one, costs.sends),
        "per saga: events sent": _per_saga(one, costs.events),
        "per saga: events received": _per_saga(one, costs.received),
        "per saga: checkpoint writes": _per_saga(one, costs.checkpoints),
        "per saga: acknowledged writes": _per_saga(one, costs.acknowledged_writes),
    }


def _about_processes(one: Measurement) -> dict[str, str]:
    return {
        "CPU, % of a core": f"{one.cpu_share:.1f}",
        "CPU of other programs, % of a core": f"{100 * one.others_cpu / one.watched:.0f}",
        **{
            f"memory, MB: {name}": f"{before / _MEGABYTE:.0f} to {one.memory[name] / _MEGABYTE:.0f}"
            for name, before in one.memory_before.items()
        },
        **{
            f"memory growth, MB an hour: {name}": f"{size / _MEGABYTE:+.1f}"
            for name, size in growth(one.samples).items()
        },
    }


def _per_saga(one: Measurement, figure: float) -> str:
    return f"{figure / one.sagas:.2f}"


def figures_json(measurements: Sequence[Measurement]) -> list[dict[str, Any]]:
    """All of it. Latencies are milliseconds, processor time is seconds, memory is bytes, counts are totals."""
    return [_as_json(one) for one in measurements]


def _as_json(one: Measurement) -> dict[str, Any]:
    costs = one.costs
    return {
        "load": one.heading,
        "stored": one.stored,
        "sagas": one.sagas,
        "failing": one.failing,
        "seconds": one.seconds,
        "sagas_per_second": one.per_second,
        "latency_ms": {f"p{percent}": percentile(one.latencies, percent) for percent in range(1, 101) if one.sagas},
        "watched_seconds": one.watched,
        "cpu_seconds": dict(one.cpu),
        "benchmark_cpu_seconds": one.own_cpu,
        "others_cpu_seconds": one.others_cpu,
        "memory_bytes_before": dict(one.memory_before),
        "memory_bytes": dict(one.memory),
        "memory_growth_bytes_per_hour": growth(one.samples),
        "memory_samples": [{"seconds": s.at - one.samples[0].at, "bytes": dict(s.memory)} for s in one.samples],
        "cosmos_requests": costs.requests,
        "request_units": round(costs.request_units, 2),
        "sends": costs.sends,
        "events_sent": costs.events,
        "events_received": costs.received,
        "checkpoint_writes": costs.checkpoints,
        "cosmos_writes": costs.cosmos_writes,
    }
