"""The test kit: decisions, whole applications in memory, and faults, for the participants of any application.

The names are imported when they are first used: pytest loads the plugin of this package with every run of any project's
tests, and those who use no other part of it should not wait for the engine.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from quartet.testing.book import MemoryBook
    from quartet.testing.decision import decide
    from quartet.testing.exploration import Report, explore
    from quartet.testing.faults import Fault
    from quartet.testing.simulation import simulate
    from quartet.testing.violation import Invariant, Violation
    from quartet.testing.world import World
    from quartet.topology.rules import problems

__all__ = [
    "Fault",
    "Invariant",
    "MemoryBook",
    "Report",
    "Violation",
    "World",
    "decide",
    "explore",
    "problems",
    "simulate",
]

_HOMES: Final = {
    "MemoryBook": "testing.book",
    "decide": "testing.decision",
    "Report": "testing.exploration",
    "explore": "testing.exploration",
    "Fault": "testing.faults",
    "simulate": "testing.simulation",
    "Invariant": "testing.violation",
    "Violation": "testing.violation",
    "World": "testing.world",
    "problems": "topology.rules",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 -- whatever has this name
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"quartet.{_HOMES[name]}"), name)
