"""Up to where a partition may be checkpointed, when some of its events take longer than those after them."""

from collections.abc import Sequence
from typing import Protocol

from azure.eventhub import EventData


class Unfinished(Protocol):
    """Events at work."""

    @property
    def first_unfinished(self) -> int | None:
        """The sequence number of the first of them that is not finished; None if all are."""


class Watermark:
    """The batches of one partition that are not checkpointed yet, in the order in which they were received.

    Of finished batches behind an unfinished one only the last event is kept: what an event holds back for hours must
    not fill the memory.
    """

    def __init__(self) -> None:
        self._batches: list[tuple[Sequence[EventData], Unfinished]] = []

    def __len__(self) -> int:
        """How many events are kept."""
        return sum(len(events) for events, _ in self._batches)

    def add(self, events: Sequence[EventData], work: Unfinished) -> None:
        """Take in a batch, and the work on it."""
        self._batches.append((events, work))

    def advance(self) -> EventData | None:
        """The last event before which nothing is unfinished; None if there is none since the last call."""
        last: EventData | None = None
        waiting: list[tuple[Sequence[EventData], Unfinished]] = []
        for events, work in self._batches:
            first = work.first_unfinished
            if not waiting:
                done = [event for event in events if first is None or (event.sequence_number or 0) < first]
                last = done[-1] if done else last
                if first is not None:
                    waiting.append((events[len(done) :], work))
            elif first is not None:
                waiting.append((events, work))
            elif waiting[-1][1].first_unfinished is None:
                waiting[-1] = (events[-1:], work)
            else:
                waiting.append((events[-1:], work))
        self._batches = waiting
        return last
