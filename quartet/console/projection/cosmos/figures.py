"""The figures of all sagas: read once, then followed. What this process writes it knows; others are looked at again."""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from azure.cosmos.aio import ContainerProxy

from quartet.azure.cosmos.client import in_time
from quartet.console.projection.cosmos.documents import FIGURES
from quartet.console.projection.port import Step
from quartet.console.projection.summary import TOTAL
from quartet.engine.failures.timeouts import stretched

KEPT_MINUTES: Final = 180
"""What happened longer ago is not counted by minute."""

_FRESH: Final = 30.0  # seconds; another process writes only while a new revision takes over


class Figures:
    """The figures of one generation, by bucket and minute."""

    def __init__(self, container: ContainerProxy, generation: int) -> None:
        self._container = container
        self._generation = generation
        self._known: dict[int, dict[str, Mapping[str, Any]]] = defaultdict(dict)
        self._read_at: float | None = None
        self._newest = 0

    def put(self, document: Mapping[str, Any]) -> None:
        """Note a document that is stored now."""
        self._known[document["minute"]][document["pk"]] = document

    def doubt(self) -> None:
        """Another process has written: look again."""
        self._read_at = None

    async def refresh(self) -> None:
        """Read what has changed, unless that was done a moment ago.

        Raises:
            OutageError: the store does not answer.
        """
        if self._read_at is not None and time.monotonic() - self._read_at < stretched(_FRESH):
            return
        query = self._container.query_items(
            "SELECT * FROM c WHERE c.kind = @kind AND c.generation = @generation AND c._ts >= @since",
            parameters=[
                {"name": "@kind", "value": FIGURES},
                {"name": "@generation", "value": self._generation},
                # A document can be seen later than its time says.
                {"name": "@since", "value": max(0, self._newest - 10)},
            ],
            max_item_count=1000,
        )
        async with in_time():
            async for document in query:
                self.put(document)
                self._newest = max(self._newest, document["_ts"])
        self._forget()
        self._read_at = time.monotonic()

    def totals(self) -> dict[str, int]:
        """What is true now, by name."""
        return self.marks(TOTAL, TOTAL).get(TOTAL, {})

    def marks(self, first: int, last: int) -> dict[int, dict[str, int]]:
        """See `Projection.marks`."""
        found: defaultdict[int, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
        for minute, document in self._between(first, last):
            for name, count in document["marks"].items():
                found[minute][name] += count
        return {
            minute: {name: count for name, count in names.items() if count} for minute, names in found.items() if names
        }

    def steps(self, first: int) -> Sequence[Step]:
        """See `Projection.steps`."""
        found: defaultdict[tuple[str, str, str], defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
        for _, document in self._between(first, None):
            for cause, answer, participant, bucket, count in document["steps"]:
                found[cause, answer, participant][bucket] += count
        return [Step(*names, dict(counts)) for names, counts in found.items()]

    def _between(self, first: int, last: int | None) -> list[tuple[int, Mapping[str, Any]]]:
        return [
            (minute, document)
            for minute, some in self._known.items()
            if minute >= first and (last is None or minute <= last)
            for document in some.values()
        ]

    def _forget(self) -> None:
        newest = max(self._known, default=TOTAL)
        for minute in [one for one in self._known if one != TOTAL and one < newest - 2 * KEPT_MINUTES]:
            del self._known[minute]
