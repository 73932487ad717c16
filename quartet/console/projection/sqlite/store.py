"""The projection in SQLite: one thread writes, another one answers, so that a search waits for no batch."""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from quartet.console.projection.facts import Batch, Key, Place, Position, Raw
from quartet.console.projection.port import Page, Saga, Step, Totals
from quartet.console.projection.query import Query
from quartet.console.projection.sqlite import reading, removing, searching, writing
from quartet.console.projection.sqlite.schema import FILE, connect, prepare, remove
from quartet.engine.errors import ConfigurationError, OutageError, one_line

R = TypeVar("R")


class SqliteProjection:
    """A `Projection` in a directory. One process uses it at a time."""

    def __init__(self, directory: Path, *, rebuild: bool = False) -> None:
        """Open the file, or make it. `rebuild`: remove what is there first.

        Raises:
            ConfigurationError: the directory cannot be used.
        """
        path = directory / FILE
        try:
            if rebuild:
                remove(path)
            prepare(path)
            self._writer, self._reader = connect(path), connect(path, is_reader=True)
        except (OSError, sqlite3.Error) as error:
            raise ConfigurationError(f"CONSOLE_DATA: {path} cannot be used: {one_line(error)}") from error
        self._writing = ThreadPoolExecutor(1, "projection-writer")
        self._reading = ThreadPoolExecutor(1, "projection-reader")

    async def made_at(self) -> Mapping[str, str]:
        """See `Projection.made_at`."""
        return await self._read(reading.made_at)

    async def clear(self, made_at: Mapping[str, str]) -> None:
        """See `Projection.clear`."""
        await self._write(partial(writing.clear, made_at=made_at))

    async def positions(self) -> Mapping[Place, Position]:
        """See `Projection.positions`."""
        # After the batches that are being written: one that was cancelled is written nevertheless.
        return await self._write(reading.positions)

    async def take(self, batch: Batch) -> None:
        """See `Projection.take`."""
        await self._write(partial(writing.write, batch=batch))

    async def totals(self, stuck_before: int) -> Totals:
        """See `Projection.totals`."""
        return await self._read(partial(reading.totals, stuck_before=stuck_before))

    async def marks(self, first: int, last: int) -> Mapping[int, Mapping[str, int]]:
        """See `Projection.marks`."""
        return await self._read(partial(reading.marks, first=first, last=last))

    async def steps(self, first: int) -> Sequence[Step]:
        """See `Projection.steps`."""
        return await self._read(partial(reading.steps, first=first))

    async def search(self, query: Query, *, stuck_before: int, limit: int, cursor: str | None = None) -> Page:
        """See `Projection.search`."""
        return await self._read(
            partial(searching.search, query=query, stuck_before=stuck_before, limit=limit, cursor=cursor)
        )

    async def saga(self, saga_id: str) -> Saga | None:
        """See `Projection.saga`."""
        return await self._read(partial(reading.saga, saga_id=saga_id))

    async def raw(self, saga_id: str, key: Key) -> Raw | None:
        """See `Projection.raw`."""
        return await self._read(partial(reading.raw, saga_id=saga_id, key=key))

    async def raws(self, saga_id: str) -> Mapping[Key, Raw]:
        """See `Projection.raws`."""
        return await self._read(partial(reading.raws, saga_id=saga_id))

    async def ended_before(self, before: int, most: int) -> Sequence[str]:
        """See `Projection.ended_before`."""
        return await self._read(partial(removing.ended_before, before=before, most=most))

    async def remove(self, sagas: Sequence[str], before: int) -> int:
        """See `Projection.remove`."""
        return await self._write(partial(removing.remove, sagas=sagas, before=before)) if sagas else 0

    async def forget_minutes(self, before: int) -> None:
        """See `Projection.forget_minutes`."""
        await self._write(partial(removing.forget_minutes, before=before))

    async def close(self) -> None:
        """Finish what is under way, and close the file."""
        for threads, connection in ((self._writing, self._writer), (self._reading, self._reader)):
            await asyncio.to_thread(threads.shutdown)
            connection.close()

    async def _read(self, question: Callable[[sqlite3.Connection], R]) -> R:
        return await self._run(self._reading, partial(question, self._reader))

    async def _write(self, work: Callable[[sqlite3.Connection], R]) -> R:
        return await self._run(self._writing, partial(work, self._writer))

    async def _run(self, threads: ThreadPoolExecutor, work: Callable[[], R]) -> R:
        try:
            return await asyncio.get_running_loop().run_in_executor(threads, work)
        except sqlite3.Error as error:
            raise OutageError(f"the projection's file cannot be used: {one_line(error)}") from error
