"""Up to where a partition may be checkpointed, when some of its events take longer than those after them."""

from collections import deque
from collections.abc import Sequence
from typing import Protocol

from azure.eventhub import EventData


class Unfinished(Protocol):
    """Events at work."""

    @property
    def first_unfinished(self) -> int | None:
        """The sequence number of the first of them that is not finished; None if all are."""


class Watermark:
    """The events of one partition that are not checkpointed yet, in the order in which they were received."""

    def __init__(self) -> None:
        self._events: deque[EventData] = deque()
        self._at_work: list[Unfinished] = []

    def add(self, events: Sequence[EventData], work: Unfinished) -> None:
        """Take in a batch, and the work on it."""
        self._events.extend(events)
        self._at_work.append(work)

    def advance(self) -> EventData | None:
        """The last event before which nothing is unfinished; None if there is none since the last call."""
        self._at_work = [work for work in self._at_work if work.first_unfinished is not None]
        lowest = min((first for work in self._at_work if (first := work.first_unfinished) is not None), default=None)
        last: EventData | None = None
        while self._events and (lowest is None or (self._events[0].sequence_number or 0) < lowest):
            last = self._events.popleft()
        return last
