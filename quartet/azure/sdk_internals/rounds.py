"""Batches of several partitions that begin together."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Rounds:
    """Lets the partitions of a process begin their batches together while it is busy, and immediately while it is not.

    A batch of one partition that arrives while another one is being handled waits for its end. What arrives meanwhile,
    in this partition and in others, becomes part of the same round, and so of the same requests. No round waits longer
    than `seconds`: a port that is slow for one partition must not hold up the others.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._under_way = 0
        self._next: asyncio.Future[None] | None = None

    async def turn(self) -> None:
        """Wait for the next round."""
        if not self._under_way:
            return
        if self._next is None:
            loop = asyncio.get_running_loop()
            self._next = loop.create_future()
            loop.call_later(self._seconds, self._begin, self._next)
        await asyncio.shield(self._next)  # one partition that gives up must not end the wait of the others

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """While a batch is being handled."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way and self._next is not None:
                self._begin(self._next)

    def _begin(self, this: asyncio.Future[None]) -> None:
        if this is self._next:
            self._next = None
            this.set_result(None)
