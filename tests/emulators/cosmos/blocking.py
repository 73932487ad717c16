"""The emulator for clients that block: on an event loop in a thread of its own."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TypeVar

from quartet_emulators.cosmos import CosmosEmulator

from quartet.engine.failures.timeouts import stretched

_SECONDS = stretched(5)
_Found = TypeVar("_Found")


class Beside:
    """An emulator that runs in another thread."""

    def __init__(self, emulator: CosmosEmulator, loop: asyncio.AbstractEventLoop) -> None:
        self.emulator = emulator
        self._loop = loop

    def between_requests(self, act: Callable[[CosmosEmulator], _Found]) -> _Found:
        """Do something to the emulator while it does nothing else."""

        async def acted() -> _Found:
            return act(self.emulator)

        return asyncio.run_coroutine_threadsafe(acted(), self._loop).result(_SECONDS)


@contextmanager
def running_beside(data_dir: Path) -> Iterator[Beside]:
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    emulator = CosmosEmulator(data_dir)
    asyncio.run_coroutine_threadsafe(emulator.start(), loop).result(_SECONDS)
    try:
        yield Beside(emulator, loop)
        asyncio.run_coroutine_threadsafe(emulator.stop(), loop).result(_SECONDS)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
