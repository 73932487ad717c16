"""The memory of processes during a load, and its growth."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from statistics import linear_regression
from typing import Final

_EVERY_SECONDS: Final = 5
_HOUR: Final = 3600
LEAST_SECONDS: Final = 60
"""A shorter load says nothing about growth: caches and buffers are filling."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The memory at a moment.

    Attributes:
        at: the moment, in seconds since 1970.
        memory: resident bytes, by participant and for the emulators.
    """

    at: float
    memory: Mapping[str, int]


@asynccontextmanager
async def sampling(look: Callable[[], Sample]) -> AsyncIterator[Sequence[Sample]]:
    """Read the memory now, every few seconds, and at the end. The list grows meanwhile.

    Raises:
        OSError: a process has ended.
    """
    samples = [look()]

    async def keep_looking() -> None:
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            samples.append(look())

    looking = asyncio.create_task(keep_looking())
    try:
        yield samples
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
    samples.append(look())


def growth(samples: Sequence[Sample]) -> dict[str, float]:
    """The bytes that memory grows by in an hour, by participant and for the emulators; negative if it shrinks.

    It is the slope of the straight line through the samples of the second half, because the first half fills caches.
    Empty for less than a minute.
    """
    first, last = samples[0].at, samples[-1].at
    late = [one for one in samples if one.at >= (first + last) / 2]
    if last - first < LEAST_SECONDS or len(late) == 1:
        return {}
    times = [one.at for one in late]
    return {
        name: _HOUR * linear_regression(times, [one.memory[name] for one in late]).slope for name in samples[0].memory
    }
