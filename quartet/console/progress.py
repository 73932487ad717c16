"""How far each partition is read, and what the hub has there. Pure."""

from bisect import bisect_right
from collections import deque
from collections.abc import Mapping
from typing import Final, NamedTuple

from quartet.console.projection.facts import Place, Position

_REMEMBERED: Final = 2_000
"""Of how many batches of a partition the time is remembered."""


class Ends(NamedTuple):
    """The sequence numbers of the first and the last event that the hub has; `last` is before `first` without any."""

    first: int
    last: int


class Progress:
    """Positions in all partitions, beside what the hub said it has there."""

    def __init__(self) -> None:
        self._positions: dict[Place, Position] = {}
        self._ends: dict[Place, Ends] = {}
        self._times: dict[Place, deque[Position]] = {}

    def begin(self, positions: Mapping[Place, Position]) -> None:
        """Begin from these."""
        self._positions = dict(positions)
        self._times.clear()

    def read(self, place: Place, position: Position) -> None:
        """A batch was read up to this position."""
        before = self._positions.get(place)
        self._positions[place] = position
        times = self._times.setdefault(place, deque(maxlen=_REMEMBERED))
        if not times:
            times.append(before or Position(-1, position.at))
        times.append(position)

    def saw_ends(self, place: Place, first: int, last: int) -> None:
        """The hub says that it has these."""
        self._ends[place] = Ends(first, last)

    def positions(self) -> Mapping[Place, Position]:
        """How far each partition is read."""
        return dict(self._positions)

    def start_of(self, place: Place) -> int | str:
        """What a receiver begins after: the position, or the oldest event if the hub no longer has the next one."""
        position = self._positions.get(place)
        if position is None or position.sequence_number + 1 < self._first(place):
            return "-1"
        return position.sequence_number

    def missed(self) -> dict[Place, int]:
        """How many events the hub has dropped that come after the position, by place."""
        gaps = {place: self._first(place) - position.sequence_number - 1 for place, position in self._positions.items()}
        return {place: gap for place, gap in gaps.items() if gap > 0}

    def has_passed_an_end(self) -> bool:
        """Whether a position lies beyond the end of its partition: that is another hub than the one that was read."""
        return any(
            place in self._ends and position.sequence_number > self._ends[place].last
            for place, position in self._positions.items()
        )

    def is_stalled_since(self, before: Mapping[Place, Position]) -> bool:
        """Whether events are there in some partition, and none was read since these positions."""
        return any(self._waiting(place) > 0 and self._positions.get(place) == before.get(place) for place in self._ends)

    def behind(self, now: int) -> tuple[int, float]:
        """How many events are not read, and for how many seconds. `now` is in ms since 1970."""
        late = [place for place in self._ends if self._waiting(place)]
        oldest = min((self._positions[place].at for place in late if place in self._positions), default=now)
        return sum(map(self._waiting, late)), max(0, now - oldest) / 1000

    def read_upto(self, now: int) -> int | None:
        """All that the hubs took in before this time is read; None if that is not known. In ms since 1970."""
        late = [place for place in self._ends if self._waiting(place)]
        if not self._ends or any(place not in self._positions for place in late):
            return None
        return min((self._positions[place].at for place in late), default=now)

    def at_of(self, place: Place, sequence_number: int) -> int | None:
        """When the hub took in an event that was read lately, or a little before; None if that is not known."""
        times = self._times.get(place)
        if not times or not times[0].sequence_number < sequence_number <= times[-1].sequence_number:
            return None
        known = list(times)
        return known[bisect_right(known, sequence_number - 1, key=lambda one: one.sequence_number)].at

    def _first(self, place: Place) -> int:
        return self._ends[place].first if place in self._ends else 0

    def _waiting(self, place: Place) -> int:
        ends = self._ends[place]
        position = self._positions.get(place)
        after = ends.first if position is None else max(position.sequence_number + 1, ends.first)
        return max(0, ends.last - after + 1)
