"""Loads, and the figures of a load."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from quartet.cli.bench.memory import Sample
from quartet.cli.reading.counters import Costs


@dataclass(frozen=True, slots=True)
class InFlight:
    """A number of sagas at a time: when one ends, another one begins."""

    sagas: int

    @property
    def title(self) -> str:
        """Its name, for people."""
        return f"{self.sagas} in flight"


@dataclass(frozen=True, slots=True)
class AtRate:
    """A number of sagas a second, by the clock."""

    rate: float

    @property
    def title(self) -> str:
        """Its name, for people."""
        return f"{self.rate:g} a second"


@dataclass(frozen=True, slots=True)
class Idle:
    """Seconds with nothing to do."""

    seconds: float

    @property
    def title(self) -> str:
        """Its name, for people."""
        return "idle"


Load: TypeAlias = InFlight | AtRate | Idle

DEFAULT_LOADS: Final[Sequence[InFlight | AtRate]] = (InFlight(32), InFlight(400), AtRate(5))
DEFAULT_IDLE: Final = Idle(10)


@dataclass(frozen=True, slots=True)
class Measurement:
    """The figures of one load.

    Attributes:
        title: of the load.
        seconds: from the first event of the first saga to the end of the last one; of an idle system, how long it was
            watched.
        watched: seconds for which processor time and requests were counted: a little longer than `seconds`, so that
            the work after the last end counts.
        failing: how many of the sagas were meant to fail.
        latencies: milliseconds from the first event of each saga to its last one, in ascending order.
        cpu: seconds of processor time, by participant and for the emulators.
        own_cpu: seconds that the benchmark itself took: it sends, receives, and reads the logs of the others.
        others_cpu: seconds that all other programs of the machine took meanwhile: more than a little spoils whatever
            depends on time.
        samples: of the memory, the first one from the beginning and the last one from the end; at least one.
        costs: the requests of the participants.
        stored: how many sagas were stored before, if the run compares that.
    """

    title: str
    seconds: float
    watched: float
    failing: int
    latencies: Sequence[float]
    cpu: Mapping[str, float]
    own_cpu: float
    others_cpu: float
    samples: Sequence[Sample]
    costs: Costs
    stored: int | None = None

    @property
    def heading(self) -> str:
        """Its load, and what was stored before it."""
        return self.title if self.stored is None else f"{self.title}, {self.stored} stored"

    @property
    def sagas(self) -> int:
        """How many sagas have ended."""
        return len(self.latencies)

    @property
    def per_second(self) -> float:
        """How many have ended a second."""
        return self.sagas / self.seconds

    @property
    def memory_before(self) -> Mapping[str, int]:
        """Resident bytes at the beginning, by participant and for the emulators."""
        return self.samples[0].memory

    @property
    def memory(self) -> Mapping[str, int]:
        """Resident bytes at the end, by participant and for the emulators."""
        return self.samples[-1].memory

    @property
    def cpu_share(self) -> float:
        """Processor time of the whole system, in percent of one core."""
        return 100 * sum(self.cpu.values()) / self.watched
