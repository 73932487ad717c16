"""The sagas of one measurement: their beginnings, their ends, and those that are wrong."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from quartet.cli.bench.hearing import End
from quartet.cli.bench.mixing import Beginning


@dataclass(slots=True)
class Saga:
    """One saga.

    Attributes:
        began: when its first event was sent, or was to be sent, in seconds since 1970.
        end: its end; None before that.
    """

    beginning: Beginning
    began: float
    end: End | None = None


class Watch:
    """Keeps account of sagas.

    Attributes:
        ended: how many have ended.
        on_end: called whenever one ends.
    """

    def __init__(self) -> None:
        self._sagas: dict[str, Saga] = {}
        self._moved = asyncio.Event()
        self._contradictions: list[str] = []
        self.ended = 0
        self.on_end: Callable[[], None] = lambda: None

    @property
    def finished(self) -> list[tuple[Saga, End]]:
        """Those that have ended, in the order in which they began, each with its end."""
        return [(saga, saga.end) for saga in self._sagas.values() if saga.end is not None]

    @property
    def waiting(self) -> int:
        """How many have not ended."""
        return len(self._sagas) - self.ended

    def begin(self, beginning: Beginning, at: float) -> None:
        """A saga begins."""
        self._sagas[beginning.data.saga_id] = Saga(beginning, at)

    def hear(self, end: End) -> None:
        """A saga has ended. A repeat of its end is nothing new, and the sagas of others do not count."""
        saga = self._sagas.get(end.saga_id)
        if saga is None:
            return
        if saga.end is None:
            saga.end = end
            self.ended += 1
            self._moved.set()
            self.on_end()
        elif saga.end.type != end.type:
            self._contradictions.append(f"{end.saga_id} has ended twice, with {saga.end.type} and with {end.type}")

    async def all_ended(self, seconds: float) -> None:
        """Wait until all sagas have ended, or no saga has ended for this many seconds."""
        while self.waiting:
            self._moved.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._moved.wait()
            except TimeoutError:
                return

    def wrong(self) -> list[str]:
        """The sagas without the right end, a line each; empty if all is well."""
        lines = list(self._contradictions)
        for saga_id, saga in self._sagas.items():
            if saga.end is None:
                lines.append(f"{saga_id} has not ended")
            elif saga.end.type not in saga.beginning.ends:
                expected = " or ".join(sorted(saga.beginning.ends))
                lines.append(f"{saga_id} has ended with {saga.end.type}, and not with {expected}")
        return lines
