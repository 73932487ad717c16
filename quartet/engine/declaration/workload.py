"""The sagas that a benchmark begins."""

from dataclasses import dataclass
from typing import Final

from quartet.events import EventData

USUAL: Final = "usual"
"""The workload that a benchmark begins unless another one is named."""

FAILING: Final = "failing"
"""The workload that a benchmark mixes in where some of the sagas are to fail."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Sagas that a benchmark begins.

    Attributes:
        begins: the data of the first event of each saga. They are taken in turn, again and again, each time in a saga
            of its own.
        end: the event that must end each of these sagas; None accepts every event in the application's `ends`.
    """

    begins: tuple[EventData, ...]
    end: type[EventData] | None = None

    def __post_init__(self) -> None:
        """Refuse a workload that begins nothing.

        Raises:
            ValueError: it is one.
        """
        if not self.begins:
            raise ValueError("a workload needs at least one event that begins a saga")
