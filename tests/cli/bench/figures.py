"""Measurements, made up."""

from quartet.cli.bench.memory import Sample
from quartet.cli.bench.plan import Measurement
from quartet.cli.reading.counters import Costs

BUSY = Measurement(
    title="32 in flight",
    seconds=2.0,
    watched=4.0,
    failing=1,
    latencies=(10.0, 20.0, 30.0, 40.0),
    cpu={"order": 0.05, "emulators": 0.03},
    own_cpu=0.01,
    others_cpu=3.0,
    samples=(
        Sample(0.0, {"order": 60_400_000, "emulators": 45_600_000}),
        Sample(4.0, {"order": 70_400_000, "emulators": 49_600_000}),
    ),
    costs=Costs(4, 4.0, 44, 9, 4, 330.2, 10, 16, 80, 6, 24),
)
IDLE = Measurement(
    title="idle",
    seconds=10.0,
    watched=10.0,
    failing=0,
    latencies=(),
    cpu={"order": 0.3, "emulators": 0.02},
    own_cpu=0.5,
    others_cpu=0.0,
    samples=(
        Sample(0.0, {"order": 70_000_000, "emulators": 50_000_000}),
        Sample(10.0, {"order": 70_000_000, "emulators": 50_000_000}),
    ),
    costs=Costs(0, 10.0, 8, 0, 8, 20.0, 0, 0, 0, 0, 0),
)
