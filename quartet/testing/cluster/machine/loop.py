"""The virtual loop of a cluster: it holds back processes that are paused, and mixes the steps of all others."""

import asyncio
from asyncio.events import Handle
from collections import deque
from collections.abc import Coroutine
from random import Random
from typing import Any

from quartet.testing.clock import VirtualLoop
from quartet.testing.cluster.machine.process import RUNNING, Process


class ProcessLoop(VirtualLoop):
    """Decides by a seed in which order the processes take the steps that are ready at the same moment.

    Within one process the order is kept, as asyncio promises it. Between processes there is none.
    """

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._random = random
        self.set_task_factory(_owned_task)  # type: ignore[arg-type] # its protocol is private

    def run_handle(self, handle: Handle) -> None:
        """See `VirtualLoop.run_handle`. What belongs to a paused process is kept until it resumes."""
        process = owner_of(handle)
        if process is not None and process.paused:
            process.held.append(handle)
        else:
            super().run_handle(handle)

    def in_order(self, ready: list[Handle]) -> list[Handle]:
        """See `VirtualLoop.in_order`."""
        if len(ready) == 1:
            return ready
        queues: dict[Process | None, deque[Handle]] = {}
        owners: list[Process | None] = []
        for handle in ready:
            owner = owner_of(handle)
            owners.append(owner)
            queues.setdefault(owner, deque()).append(handle)
        if len(queues) == 1:
            return ready
        self._random.shuffle(owners)
        return [queues[owner].popleft() for owner in owners]


def owner_of(handle: Handle) -> Process | None:
    """The process that a callback belongs to; None for the servers and for the cluster itself."""
    found: Process | None = handle._context.get(RUNNING)  # type: ignore[attr-defined]  # noqa: SLF001 -- it has no public name
    return found


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
