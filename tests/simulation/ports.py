"""Ports that do not answer in time, before or after they have acted."""

import asyncio
import functools
from random import Random
from typing import Any

from quartet.engine.errors import TransientError


class Unreliable:
    """A port whose next calls can be made to time out. A port that has no calls (a policy) is as it is."""

    def __init__(self, port: object, random: Random) -> None:
        self._port = port
        self._random = random
        self._left = 0
        self._hanging = 0

    def time_out(self, calls: int) -> None:
        """Let so many calls time out."""
        self._left = calls

    def hang(self, calls: int) -> None:
        """Let so many calls never answer."""
        self._hanging = calls

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- whatever the port has
        member = getattr(self._port, name)
        return functools.partial(self._call, member) if callable(member) else member

    async def _call(self, call: Any, *arguments: Any) -> Any:  # noqa: ANN401 -- whatever the port has
        if self._hanging > 0:
            self._hanging -= 1
            if self._random.random() < 0.5:
                await call(*arguments)
            await asyncio.Event().wait()
        if self._left <= 0:
            return await call(*arguments)
        self._left -= 1
        if self._random.random() < 0.5:
            await call(*arguments)
        raise TransientError("the port did not answer in time")
