"""Server-sent events: the overview, at most one a second and only if it changed, and the sagas with news.

What a reader has not taken yet is one overview and a set of sagas, however slow it is: nothing is queued without bound.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import Final

from quartet.console.views import OverviewView
from quartet.engine.errors import OutageError

MOST_READERS: Final = 100
MOST_PENDING: Final = 2_000
"""How many sagas with news are remembered for one reader. Of more, the newest are."""
MOST_SAGAS: Final = 200
"""How many sagas one event names."""

_TICK: Final = 1.0  # seconds between two overviews
_QUIET_TICKS: Final = 5  # after this many ticks it is made without news, too: time passes
_PAUSE: Final = 0.25  # seconds between two events to one reader
_HEARTBEAT: Final = 15.0  # seconds

Overview = Callable[[], Awaitable[OverviewView]]


class TooManyReadersError(Exception):
    """There are as many readers as there may be."""


class _Reader:
    def __init__(self) -> None:
        self.pending: dict[str, None] = {}
        self.seen = 0
        self.wake = asyncio.Event()

    def news(self, sagas: Iterable[str]) -> None:
        for saga in sagas:
            self.pending.pop(saga, None)  # the newest is the last
            self.pending[saga] = None
        while len(self.pending) > MOST_PENDING:
            del self.pending[next(iter(self.pending))]
        self.wake.set()

    def take(self) -> list[str]:
        taken = list(self.pending)[:MOST_SAGAS]
        for saga in taken:
            del self.pending[saga]
        return taken


class Live:
    """Tells every reader what is new.

    Attributes:
        watched: set while there is a reader.
    """

    def __init__(self, overview: Overview) -> None:
        """`overview` makes one, and may raise `OutageError`."""
        self._overview = overview
        self._readers: set[_Reader] = set()
        self._text = ""
        self._comparable = ""
        self._version = 0
        self._has_news = True
        self._closing = False
        self.watched = asyncio.Event()

    def news(self, sagas: Iterable[str]) -> None:
        """These sagas have news."""
        named = list(sagas)
        self._has_news = True
        for reader in self._readers:
            reader.news(named)

    async def run(self) -> None:
        """Make the overviews, while there is a reader. Runs until it is cancelled."""
        quiet = 0
        while True:
            await self.watched.wait()
            if self._has_news or quiet >= _QUIET_TICKS:
                quiet = 0
                await self._make()
            quiet += 1
            await asyncio.sleep(_TICK)

    async def _make(self) -> None:
        self._has_news = False
        try:
            view = await self._overview()
        except OutageError:
            self._has_news = True  # the projection does not answer now: the next tick asks again
            return
        comparable = view.model_dump_json(exclude={"at"})
        if comparable != self._comparable:
            self._comparable = comparable
            self._text = view.model_dump_json()
            self._version += 1
            for reader in self._readers:
                reader.wake.set()

    def close(self) -> None:
        """Say goodbye to every reader."""
        self._closing = True
        for reader in self._readers:
            reader.wake.set()

    async def events(self) -> AsyncGenerator[str, None]:
        """The stream of one reader. It begins with an overview.

        Raises:
            TooManyReadersError: there are as many as there may be; before anything was said.
        """
        if len(self._readers) >= MOST_READERS:
            raise TooManyReadersError
        reader = _Reader()
        self._readers.add(reader)
        self.watched.set()
        try:
            yield "retry: 1000\n\n"
            await self._make()
            while not self._closing:
                for text in self._said_to(reader):
                    yield text
                reader.wake.clear()
                if self._is_waiting(reader):
                    continue
                beat = asyncio.get_running_loop().call_later(_HEARTBEAT, reader.wake.set)
                try:
                    await reader.wake.wait()
                finally:
                    beat.cancel()
                if not self._is_waiting(reader):
                    yield ": heartbeat\n\n"
                    continue
                await asyncio.sleep(_PAUSE)
            yield "event: bye\ndata: {}\n\n"
        finally:
            self._readers.discard(reader)
            if not self._readers:
                self.watched.clear()

    def _is_waiting(self, reader: _Reader) -> bool:
        return reader.seen != self._version or bool(reader.pending) or self._closing

    def _said_to(self, reader: _Reader) -> list[str]:
        said = []
        if reader.seen != self._version:
            reader.seen = self._version
            said.append(f"event: overview\ndata: {self._text}\n\n")
        if reader.pending:
            said.append(f"event: sagas\ndata: {json.dumps(reader.take())}\n\n")
        return said
