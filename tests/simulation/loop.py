"""An event loop whose time jumps to the next timer, and whose order is decided by a seed."""

import asyncio
import heapq
from asyncio.events import Handle, TimerHandle
from collections import deque
from collections.abc import Coroutine
from random import Random
from typing import Any

from tests.simulation.process import RUNNING, Process

_TURNS_WITHOUT_TIME = 200_000


class DeadlockError(Exception):
    """Everybody waits, and nothing is going to happen."""


class LivelockError(Exception):
    """Something runs for ever without waiting."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Nothing sleeps: when all that is ready has run, it is at once the time of the next timer.

    What is ready at the same moment runs in an order that the seed decides. Within one process the order is kept,
    as asyncio promises it; between processes there is none.
    """

    # The queue and the timers of the base class; it has no public names for them.
    _ready: "deque[Handle]"
    _scheduled: list[TimerHandle]

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._random = random
        self._now = 0.0
        self._idle_turns = 0
        self.turns = 0
        self.set_task_factory(_owned_task)  # type: ignore[arg-type] # its protocol is private

    def time(self) -> float:
        """Seconds since the beginning of the run."""
        return self._now

    def _run_once(self) -> None:
        ready = self._ready
        if not ready:
            self._jump()
        self._idle_turns += 1
        self.turns += 1
        if self._idle_turns > _TURNS_WITHOUT_TIME:
            raise LivelockError(f"{_TURNS_WITHOUT_TIME} turns at {self._now:.3f} s")
        now_ready = list(ready)
        ready.clear()
        for handle in self._mixed(now_ready):
            if handle.cancelled():
                continue
            process = handle._context.get(RUNNING)  # type: ignore[attr-defined]  # noqa: SLF001 -- it has no public name
            if process is not None and process.paused:
                process.held.append(handle)
            else:
                handle._run()  # noqa: SLF001 -- what a loop does

    def _jump(self) -> None:
        """Go to the time of the next timer, and make ready all that are due then."""
        timers = self._scheduled
        while timers and timers[0].cancelled():
            heapq.heappop(timers)
        if not timers:
            raise DeadlockError(f"at {self._now:.3f} s")
        self._now = max(self._now, timers[0].when())
        self._idle_turns = 0
        while timers and timers[0].when() <= self._now:
            self._ready.append(heapq.heappop(timers))

    def _mixed(self, handles: list[Handle]) -> list[Handle]:
        if len(handles) < 2:
            return handles
        queues: dict[Process | None, deque[Handle]] = {}
        owners: list[Process | None] = []
        for handle in handles:
            owner = handle._context.get(RUNNING)  # type: ignore[attr-defined]  # noqa: SLF001 -- it has no public name
            owners.append(owner)
            queues.setdefault(owner, deque()).append(handle)
        if len(queues) == 1:
            return handles
        self._random.shuffle(owners)
        return [queues[owner].popleft() for owner in owners]

    def _process_events(self, event_list: object) -> None:
        """There is no input but what the simulation makes."""

    def _write_to_self(self) -> None:
        """There are no other threads."""


def _owned_task(
    loop: asyncio.AbstractEventLoop,
    work: Coroutine[Any, Any, Any],
    **options: Any,  # noqa: ANN401 -- the loop's
) -> "asyncio.Task[Any]":
    """Make a task, and enter it in the process that it belongs to."""
    task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, **options)
    context = options.get("context")
    process = context.get(RUNNING) if context is not None else RUNNING.get()
    if process is not None:
        process.tasks[task] = None
        task.add_done_callback(lambda done: process.tasks.pop(done, None))
    return task
