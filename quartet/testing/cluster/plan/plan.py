"""A run as data: what is published and when, and what goes wrong. The same plan gives the same run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from quartet.engine.declaration.hubs import Layout
from quartet.testing.cluster.plan.faults import ProcessFault
from quartet.testing.cluster.plan.publication import Publication, Unreadable
from quartet.testing.cluster.plan.scale import LARGE, Scale

EPOCH: Final = datetime.fromisoformat("2026-07-01T12:00:00+00:00")
"""The time at which every run begins."""

BUCKETS: Final = 4
"""Over how many logical partitions the sagas are spread."""


@dataclass(frozen=True, slots=True)
class ClusterPlan:
    """One run.

    Attributes:
        seed: decides everything that the plan does not: delays, the order of steps, sizes of batches.
        publications: what is sent from outside.
        faults: what goes wrong.
        replicas: processes of each service.
        partitions: of each hub.
        layout: how events are spread over hubs.
        skews: seconds by which clocks are ahead, by process.
        until: seconds after which all faults are over.
        room: events that fit into one send.
        pace: how many times slower than usual everything is that is done at intervals.
        scale: the limits of Cosmos DB.
    """

    seed: int
    publications: Sequence[Publication] = ()
    faults: tuple[ProcessFault, ...] = ()
    replicas: int = 2
    partitions: int = 3
    skews: Mapping[str, float] = field(default_factory=dict)
    until: float = 60.0
    room: int = 1000
    pace: float = 1.0
    scale: Scale = LARGE
    layout: Layout = "one"

    @property
    def sagas(self) -> list[str]:
        """The sagas in which an event is published, in order of first mention."""
        return list(dict.fromkeys(one.saga_id for one in self.publications if not isinstance(one, Unreadable)))

    def processes_of(self, services: Sequence[str]) -> list[str]:
        """The names of the processes: `payment-1`, `payment-2`."""
        return [f"{service}-{number}" for service in services for number in range(1, self.replicas + 1)]
