"""Ports that do not answer in time, before or after they have acted."""

import asyncio
import functools
import inspect
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from random import Random
from typing import Any, Final

from quartet.engine.errors import TransientError

# How often a call that is not answered was done.
_ACTS_FIRST: Final = 0.5


class Unreliable:
    """A port whose next calls can be made to time out or hang. Only what is awaited can: a policy answers always."""

    def __init__(self, port: Any, random: Random) -> None:  # noqa: ANN401 -- whatever the service makes
        self._port = port
        self._random = random
        self._left = 0
        self._hanging = 0

    async def open(self, stack: AsyncExitStack) -> None:
        """Await the port and enter it, if the service has made something that needs that."""
        if inspect.isawaitable(self._port):
            self._port = await self._port
        if isinstance(self._port, AbstractAsyncContextManager):
            self._port = await stack.enter_async_context(self._port)

    def time_out(self, calls: int) -> None:
        """Make this number of calls time out."""
        self._left = calls

    def hang(self, calls: int) -> None:
        """Make this number of calls never answer."""
        self._hanging = calls

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- whatever the port has
        member = getattr(self._port, name)
        return functools.partial(self._call, member) if inspect.iscoroutinefunction(member) else member

    async def _call(self, call: Any, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 -- whatever the port has
        if self._hanging > 0:
            self._hanging -= 1
            if self._random.random() < _ACTS_FIRST:
                await call(*arguments, **named)
            await asyncio.Event().wait()
        if self._left <= 0:
            return await call(*arguments, **named)
        self._left -= 1
        if self._random.random() < _ACTS_FIRST:
            await call(*arguments, **named)
        raise TransientError("the port did not answer in time")
