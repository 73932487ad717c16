"""An event loop on a virtual clock: nothing sleeps, time jumps to the next timer."""

import asyncio
import heapq
from asyncio.events import Handle, TimerHandle
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

START: Final = datetime(2026, 1, 1, 12, tzinfo=UTC)
"""The time at which every world begins."""

_TURNS_WITHOUT_TIME: Final = 100_000


class DeadlockError(RuntimeError):
    """Everything waits, and nothing is going to happen: something awaits neither a port nor a timer."""


class LivelockError(RuntimeError):
    """Something runs without a limit, and never waits."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs what is ready; when nothing is, the clock jumps to the next timer.

    There is no input and no other thread, so a run is repeated exactly. What is ready runs in the order in which it
    became ready. A subclass may choose another order, or hold something back.
    """

    # The queue and the timers of the base class; it has no public names for them.
    _ready: "deque[Handle]"
    _scheduled: list[TimerHandle]

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._turns = 0

    def __del__(self) -> None:
        """It holds no resource that would have to be closed."""

    def time(self) -> float:
        """Seconds since the beginning."""
        return self._now

    def utc(self) -> datetime:
        """The same as a point in time."""
        return START + timedelta(seconds=self._now)

    def run_forever(self) -> None:
        """See the base class."""
        self._turns = 0
        super().run_forever()

    def in_order(self, ready: list[Handle]) -> Iterable[Handle]:
        """The order in which the loop runs what is ready at one moment."""
        return ready

    def run_handle(self, handle: Handle) -> None:
        """Run one callback that was not cancelled."""
        handle._run()  # noqa: SLF001 -- what a loop does

    def _run_once(self) -> None:
        if not self._ready:
            self._jump()
        self._turns += 1
        if self._turns > _TURNS_WITHOUT_TIME:
            raise LivelockError(f"{_TURNS_WITHOUT_TIME} turns at {self._now:.3f} s")
        ready = list(self._ready)
        self._ready.clear()
        for handle in self.in_order(ready):
            if not handle.cancelled():
                self.run_handle(handle)

    def _jump(self) -> None:
        """Go to the time of the next timer, and make ready all that are due then."""
        timers = self._scheduled
        while timers and timers[0].cancelled():
            heapq.heappop(timers)
        if not timers:
            raise DeadlockError(f"at {self._now:.3f} s")
        self._now = max(self._now, timers[0].when())
        self._turns = 0
        while timers and timers[0].when() <= self._now:
            self._ready.append(heapq.heappop(timers))

    def _process_events(self, event_list: object) -> None:
        """There is no input."""

    def _write_to_self(self) -> None:
        """There are no other threads."""
