"""The events of the last seconds: how many a second, by type and sayer. In memory: it is empty at a start."""

from collections import Counter, deque
from collections.abc import Iterable
from typing import Final

from quartet.console.projection.facts import Fact
from quartet.console.views import FlowView

SECONDS: Final = 10
"""The length of the window."""


class Flow:
    """Counts by second, by the hub's clock. What is older than the window when it is read is not counted."""

    def __init__(self) -> None:
        self._seconds: deque[tuple[int, Counter[tuple[str, str]]]] = deque()

    def add(self, facts: Iterable[Fact], now: int) -> None:
        """Count these events; `now` is in ms since 1970."""
        first = now // 1000 - SECONDS
        counts: dict[int, Counter[tuple[str, str]]] = {}
        for fact in facts:
            second = min(fact.key.at, now) // 1000
            if fact.counts and second > first:
                counts.setdefault(second, Counter())[fact.type, fact.sayer] += 1
        self._seconds.extend(sorted(counts.items(), key=lambda one: one[0]))
        while self._seconds and self._seconds[0][0] <= first:
            self._seconds.popleft()

    def view(self, now: int) -> tuple[FlowView, ...]:
        """The flow of the last ten seconds, the strongest first."""
        first = now // 1000 - SECONDS
        total: Counter[tuple[str, str]] = Counter()
        for second, counts in self._seconds:
            if second > first:
                total.update(counts)
        return tuple(
            FlowView(event=type_, sayer=sayer, per_second=round(count / SECONDS, 1))
            for (type_, sayer), count in sorted(total.items(), key=lambda one: (-one[1], one[0]))
        )
