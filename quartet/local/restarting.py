"""Restart processes that end although they were not stopped; with a growing pause if one keeps ending early."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, NoReturn, Protocol

from quartet.engine.errors import ConfigurationError
from quartet.engine.failures.timeouts import stretched
from quartet.local.supervisor import Exit

CONFIGURATION_ERROR: Final = 2
"""Exit status of a program that a person must configure differently: another start would end in the same way."""
LONG_LIFE: Final = 30.0  # seconds of life after which an end counts as the first one again


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before a restart: twice as long after every early end in a row.

    Attributes:
        first: seconds before the first restart.
        longest: seconds that no wait exceeds.
    """

    first: float = 1.0
    longest: float = 30.0

    def delay(self, early_ends: int) -> float:
        """Seconds to wait after this many early ends in a row."""
        wait = self.first
        for _ in range(early_ends):
            if wait >= self.longest:
                break
            wait *= 2
        return min(wait, self.longest)


class Restartable(Protocol):
    """The part of a supervisor that is for a `Restarter`."""

    async def wait_for_exit(self) -> Exit:
        """Wait until a process ends that was not stopped."""
        ...

    async def restart(self, name: str) -> None:
        """Start a process again that has ended."""
        ...


class Restarter:
    """Restarts what ends without being stopped, and says each time what ended, how, and when it is restarted.

    Args:
        supervisor: of the processes.
        say: takes each line.
        backoff: how long to wait before a restart.
        dispensable: the processes that are left alone if they refuse their configuration: the others run without them.
    """

    def __init__(
        self,
        supervisor: Restartable,
        say: Callable[[str], None],
        backoff: Backoff | None = None,
        dispensable: Collection[str] = (),
    ) -> None:
        self._supervisor = supervisor
        self._dispensable = dispensable
        self._say = say
        self._backoff = backoff or Backoff()
        self._early_ends: Counter[str] = Counter()

    async def run(self) -> NoReturn:
        """Watch until this is cancelled.

        Raises:
            ConfigurationError: in a group; a process ended with the exit status of a configuration error.
            Exception: in a group; the sink's own error, if output can no longer be shown.
        """
        async with asyncio.TaskGroup() as restarts:
            while True:
                ended = await self._supervisor.wait_for_exit()
                if ended.status == CONFIGURATION_ERROR and ended.name in self._dispensable:
                    self._say(f"{ended}, a configuration error: it is not restarted. Its last lines say why")
                    continue
                if ended.status == CONFIGURATION_ERROR:
                    raise ConfigurationError(
                        f"{ended}, a configuration error: everything was stopped. Its last lines say why"
                    )
                restarts.create_task(self._restart(ended))
        raise AssertionError

    async def _restart(self, ended: Exit) -> None:
        while True:
            delay = self._delay_after(ended)
            await asyncio.sleep(delay)
            try:
                await self._supervisor.restart(ended.name)
            except OSError as error:
                self._say(f"{ended.name} cannot be started: {error.strerror or error}")
            else:
                return

    def _delay_after(self, ended: Exit) -> float:
        """Count the end, log the next step, and return the seconds until then."""
        if ended.lifetime >= stretched(LONG_LIFE):
            del self._early_ends[ended.name]
        early_ends = self._early_ends[ended.name]
        delay = self._backoff.delay(early_ends)
        again = f" (ended soon after its start {early_ends + 1} times in a row)" if early_ends else ""
        self._say(f"{ended}{again}: restarting it in {delay:g} s")
        self._early_ends[ended.name] += 1
        return delay
