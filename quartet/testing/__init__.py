"""The test kit: decisions, whole applications in memory, and faults, for anybody's participants."""

from quartet.testing.decide import decide
from quartet.testing.world import World

__all__ = ["World", "decide"]
