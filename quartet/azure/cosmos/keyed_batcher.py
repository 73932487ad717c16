"""Calls that are made one by one, answered many at a time.

A handler asks about one key, and a hundred handlers that run at the same time ask about the same key. Each of them
makes a plain call. The batcher turns all waiting calls into one request.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

from quartet.engine.errors import OutageError

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
R = TypeVar("R")


class KeyedBatcher(Generic[K, T, R]):
    """Gathers calls by key. There is one request per key at a time; calls that arrive meanwhile form the next."""

    def __init__(self, answer: Callable[[K, Sequence[T]], Awaitable[Sequence[R]]], *, most: int) -> None:
        """Answer at most `most` calls together with `answer`, which returns one result per call, in order.

        If it raises `OutageError`, every caller of that request gets it. If it raises anything else, each call is
        answered alone, so that only the one at fault fails: `answer` must be safe to repeat.
        """
        self._answer = answer
        self._most = most
        self._waiting: dict[K, list[tuple[T, asyncio.Future[R]]]] = {}
        self._workers: set[asyncio.Task[None]] = set()

    async def call(self, key: K, item: T) -> R:
        """Ask for one thing, and wait for its answer."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        if key in self._waiting:
            self._waiting[key].append((item, future))
        else:
            self._waiting[key] = [(item, future)]
            # The task starts after every task that is ready now, so a burst of calls is one request.
            worker = asyncio.create_task(self._work(key))
            self._workers.add(worker)
            worker.add_done_callback(self._forget)
        return await future

    def _forget(self, worker: asyncio.Task[None]) -> None:
        self._workers.discard(worker)
        if not worker.cancelled():
            worker.exception()  # its callers have got it

    async def _work(self, key: K) -> None:
        try:
            while calls := self._next(key):
                await self._settle(key, calls)
        finally:
            # There are calls left only if this was interrupted. Then no other worker will answer them.
            for _, future in self._waiting.pop(key):
                future.cancel()

    def _next(self, key: K) -> list[tuple[T, asyncio.Future[R]]]:
        """Take the calls of the next request. A caller who has given up makes it no larger.

        Otherwise a queue that is too slow for its callers' time limit would be filled by their repeats, and get slower.
        """
        waiting = [call for call in self._waiting[key] if not call[1].done()]
        self._waiting[key] = waiting[self._most :]
        return waiting[: self._most]

    async def _settle(self, key: K, calls: Sequence[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            results = await self._answer(key, [item for item, _ in calls])
        except Exception as error:  # noqa: BLE001 -- it belongs to the callers, who get it here
            if len(calls) > 1 and not isinstance(error, OutageError):
                # One of them is at fault: the others must not fail with it.
                for call in calls:
                    await self._settle(key, [call])
                return
            for _, future in calls:
                if not future.done():
                    future.set_exception(error)
        except BaseException as error:  # the process ends: no caller may wait forever
            for _, future in calls:
                if not future.done():
                    future.set_exception(error)
            raise
        else:
            for (_, future), result in zip(calls, results, strict=True):
                if not future.done():
                    future.set_result(result)
