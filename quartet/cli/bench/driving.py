"""Two ways to begin sagas: as many as are to be in flight, or so many a second whatever becomes of them."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

Begin: TypeAlias = Callable[[float | None], Coroutine[Any, Any, None]]
"""Begins a saga that is meant to begin at this time; None means as soon as it can be sent."""


class Clock(Protocol):
    """Time as it passes here."""

    def now(self) -> float:
        """Seconds since 1970."""
        ...

    async def until(self, moment: float) -> None:
        """Wait for a moment; returns immediately if it has passed."""
        ...


class WallClock:
    """The clock of this machine, which the emulators stamp events with, too."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    async def until(self, moment: float) -> None:
        """Wait for a moment; returns immediately if it has passed."""
        await asyncio.sleep(max(0.0, moment - time.time()))


@dataclass(frozen=True, slots=True)
class Limits:
    """When to stop beginning sagas: whichever comes first.

    Attributes:
        seconds: after so long.
        sagas: after so many.
    """

    seconds: float
    sagas: int


async def keep_in_flight(slots: asyncio.Semaphore, limits: Limits, begin: Begin, clock: Clock) -> None:
    """Begin a saga whenever there is a slot for it, and return once the limits are reached and all is sent.

    Args:
        slots: as many as sagas are to be in flight; who hears of the end of one releases its slot.
        limits: when to stop.
        begin: begins one.
        clock: says how much time has passed.
    """
    end = clock.now() + limits.seconds
    async with asyncio.TaskGroup() as group:
        for _ in range(limits.sagas):
            if not await _free_slot(slots, end - clock.now()) or clock.now() >= end:
                return
            group.create_task(begin(None))


async def at_rate(rate: float, limits: Limits, begin: Begin, clock: Clock) -> None:
    """Begin a saga each time one is due, and return once the limits are reached and all is sent.

    Nothing waits for what was begun before: a system that is slow gets no fewer sagas, and the time of each counts
    from when it was due.
    """
    start = clock.now()
    async with asyncio.TaskGroup() as group:
        for number in range(min(limits.sagas, round(rate * limits.seconds))):
            due = start + number / rate
            await clock.until(due)
            group.create_task(begin(due))


async def _free_slot(slots: asyncio.Semaphore, seconds: float) -> bool:
    if seconds <= 0:
        return False
    try:
        async with asyncio.timeout(seconds):
            await slots.acquire()
    except TimeoutError:
        return False
    return True
