"""The console's way to Cosmos DB: opened when it is needed first, so that the page starts while a server is away."""

import asyncio
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Final, Self

from quartet.azure.settings import Settings
from quartet.cli.reading.connection import Cosmos, open_cosmos

AGENT: Final = "quartet-console"
"""The name under which servers see its requests."""


class Door:
    """Opens the account once; an asynchronous context manager that closes it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = asyncio.Lock()
        self._stack = AsyncExitStack()
        self._cosmos: Cosmos | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def cosmos(self) -> Cosmos:
        """The open account.

        Raises:
            ConfigurationError: the settings cannot be used.
            OutageError: it does not answer now. The next call asks again.
        """
        async with self._lock:
            if self._cosmos is None:
                self._cosmos = await self._stack.enter_async_context(open_cosmos(self._settings, AGENT))
            return self._cosmos
