"""Waiting for servers at the start, with a bound."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from typing import TypeVar

from structlog.typing import FilteringBoundLogger

from quartet.engine.declaration.retry_policy import Backoff
from quartet.engine.errors import ConfigurationError, OutageError, RightsMissingError
from quartet.engine.failures.timeouts import stretched

R = TypeVar("R")

# A server that accepts a connection and then says nothing is as bad as one that refuses: the step is repeated.
_STEP_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Waiting:
    """Waits for servers at the start, with a bound: one that never answers is a mistake in the configuration."""

    seconds: float
    log: FilteringBoundLogger

    async def call(self, server: str, step: Callable[[], Awaitable[R]]) -> R:
        """The result of `step`, repeated while it says `OutageError` or `RightsMissingError`.

        Raises:
            ConfigurationError: the time is up.
        """
        deadline = asyncio.get_running_loop().time() + self.seconds
        said = False
        for delay in Backoff(0.2, 2).delays(random.Random()):  # noqa: S311 -- jitter, not a secret
            try:
                async with asyncio.timeout(stretched(_STEP_SECONDS)):
                    return await step()
            except (OutageError, TimeoutError, RightsMissingError) as reason:
                if asyncio.get_running_loop().time() > deadline:
                    if isinstance(reason, RightsMissingError):
                        raise
                    raise ConfigurationError(
                        f"{server} did not answer within {self.seconds:.0f} s: {reason}. Is it running, and do the "
                        "settings point to it?"
                    ) from reason
                if not said:
                    self.log.warning("waiting", server=server, error=str(reason) or "no answer")
                    said = True
            await asyncio.sleep(delay)
        raise AssertionError("the delays never end")

    async def enter(self, stack: AsyncExitStack, server: str, make: Callable[[], AbstractAsyncContextManager[R]]) -> R:
        """Enter the context manager that `make` makes, a new one for every attempt."""
        return await self.call(server, lambda: stack.enter_async_context(make()))
