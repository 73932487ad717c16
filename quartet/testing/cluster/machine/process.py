"""An operating system's process, as far as a simulation needs one: it can be killed and paused at any await."""

import asyncio
from collections.abc import Coroutine
from contextvars import ContextVar, copy_context
from random import Random
from typing import Any, TypeVar

R = TypeVar("R")

RUNNING: ContextVar["Process | None"] = ContextVar("RUNNING", default=None)
"""The process that the running code belongs to; None is a server, or the cluster itself."""


class Process:
    """One life of a replica. All tasks that are started in it, and by those, belong to it.

    Attributes:
        name: of the replica: `payment-1`.
        life: which process of that name it is, counted from 1.
        random: decides how long its requests take, and whatever else is left to chance in it.
        service: the participant that it is a process of: `payment`.
        skew: how many seconds its clock is ahead.
        requests: how many requests it has begun.
        session: by container, up to which version it has seen what is stored there.
        servers: of which kind each of them was, and when.
        held: what it continues with when it resumes.
    """

    def __init__(self, name: str, life: int = 1, skew: float = 0.0, seed: int = 0) -> None:
        self.name = name
        self.life = life
        self.service = name.rpartition("-")[0]
        self.skew = skew
        # Of its own, so that what it does depends little on what others do: a plan can then be cut down.
        self.random = Random(f"{seed} {name} {life}")
        self.alive = True
        self.paused = False
        self.requests = 0
        self.session: dict[str, int] = {}
        self.servers: list[tuple[str, float]] = []
        self.held: list[asyncio.Handle] = []
        self.tasks: dict[asyncio.Task[Any], None] = {}

    def start(self, work: Coroutine[Any, Any, R]) -> "asyncio.Task[R]":
        """Run `work` in the process."""
        context = copy_context()
        context.run(RUNNING.set, self)
        return asyncio.get_running_loop().create_task(work, context=context)

    def kill(self) -> None:
        """SIGKILL: no request leaves it from now on, and nothing that it had in memory counts.

        Its tasks are cancelled only to be rid of them; whatever they do on the way out has no effect.
        """
        self.alive = False
        self.paused = False
        loop = asyncio.get_running_loop()
        for handle in self.held:
            loop.call_soon(handle._run)  # noqa: SLF001 -- the loop is ours
        self.held = []
        for task in list(self.tasks):
            task.cancel()

    def pause(self) -> None:
        """SIGSTOP: nothing runs until `resume`, while the world continues."""
        if self.alive:
            self.paused = True

    def resume(self) -> None:
        """SIGCONT: everything continues as if no time had passed."""
        self.paused = False
        loop = asyncio.get_running_loop()
        held, self.held = self.held, []
        for handle in held:
            if not handle.cancelled():
                loop.call_soon(handle._run)  # noqa: SLF001 -- the loop is ours
