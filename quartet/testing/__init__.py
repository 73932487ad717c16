"""The test kit: decisions, whole applications in memory, and faults, for the participants of any application.

The names are imported when they are first used: pytest loads the plugin of this package with every run of any project's
tests, and those who use no other part of it should not wait for the engine.
"""

from typing import TYPE_CHECKING, Final

from quartet.exports import exported

if TYPE_CHECKING:
    from quartet.testing.book import MemoryBook
    from quartet.testing.cluster.plan.faults import ProcessFault
    from quartet.testing.cluster.proof.simulation import simulate_services
    from quartet.testing.decision import decide
    from quartet.testing.exploration import Report, explore
    from quartet.testing.faults import Fault
    from quartet.testing.plugin import Running
    from quartet.testing.replay import save_recordings, verify_replay
    from quartet.testing.simulation import simulate
    from quartet.testing.up import RunningApp
    from quartet.testing.violation import Invariant, Violation
    from quartet.testing.world import World
    from quartet.topology.rules import problems

__all__ = [
    "Fault",
    "Invariant",
    "MemoryBook",
    "ProcessFault",
    "Report",
    "Running",
    "RunningApp",
    "Violation",
    "World",
    "decide",
    "explore",
    "problems",
    "save_recordings",
    "simulate",
    "simulate_services",
    "verify_replay",
]

_HOMES: Final = {
    "testing.book": ("MemoryBook",),
    "testing.cluster.plan.faults": ("ProcessFault",),
    "testing.cluster.proof.simulation": ("simulate_services",),
    "testing.decision": ("decide",),
    "testing.exploration": ("Report", "explore"),
    "testing.faults": ("Fault",),
    "testing.plugin": ("Running",),
    "testing.replay": ("save_recordings", "verify_replay"),
    "testing.simulation": ("simulate",),
    "testing.up": ("RunningApp",),
    "testing.violation": ("Invariant", "Violation"),
    "testing.world": ("World",),
    "topology.rules": ("problems",),
}

if not TYPE_CHECKING:  # mypy reads the imports above: a name that is not among them is an error
    __getattr__ = exported(__name__, _HOMES)
