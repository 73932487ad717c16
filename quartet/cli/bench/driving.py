"""Two ways to begin sagas: when another one has ended, or by the clock."""

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
    """The end of a load: whichever limit is reached first.

    Attributes:
        seconds: for which sagas are begun.
        sagas: that are begun.
    """

    seconds: float
    sagas: int


async def keep_in_flight(slots: asyncio.Semaphore, limits: Limits, begin: Begin, clock: Clock) -> None:
    """Begin a saga whenever there is a slot for it, and return once the limits are reached and all is sent.

    Args:
        slots: one for each saga in flight. The end of a saga releases its slot.
        limits: of the load.
        begin: begins a saga.
        clock: measures the time.
    """
    end = clock.now() + limits.seconds
    async with asyncio.TaskGroup() as group:
        for _ in range(limits.sagas):
            if not await _free_slot(slots, end - clock.now()) or clock.now() >= end:
                return
            group.create_task(begin(None))


async def at_rate(rate: float, limits: Limits, begin: Begin, clock: Clock) -> None:
    """Begin a saga whenever one is due, and return once the limits are reached and all is sent.

    Nothing waits for an earlier saga: a slow system gets no fewer sagas, and the latency of a saga counts from the time
    when it was due.
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
