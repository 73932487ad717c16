"""The port of every participant: the lake, where the rows of a file lie.

| blob | what it holds | written by |
|---|---|---|
| `landing/<file>.csv` | the file as it came | the sender |
| `rejects/<file>.parquet` | its bad rows | validation |
| `data/<file>.parquet` | its good rows: staged, or published if the manifest names the file | loading |
| `manifest.json` | the file of each day that readers see, and the files that must never be seen | publishing |
| `quarantine/<file>.csv` | the file as it came, if it is discarded | validation |

A blob that was dropped or moved is left empty (a tombstone): it is in the way of a process that was about to write it,
and has not heard of the failure.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from examples.pipeline import manifest
from examples.pipeline.blobs import NOTHING, Blobs
from examples.pipeline.rows import UnusableError, landed_rows, parquet_rows, sort
from examples.pipeline.step import Refused
from quartet import Evidence
from quartet.adapters import Effect

_DROPPED = b""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many good and bad rows a version of a file has."""

    version: str
    good: int
    bad: int


@dataclass(frozen=True, slots=True)
class Held(Effect):
    """Rows of a file, and where they are: landed, rejected, staged, published or quarantined.

    `named` is no place: it counts the days of the manifest that name the file.
    """

    place: str
    rows: int


@dataclass(frozen=True, slots=True)
class Lake:
    """What can be done with a file. Each call may be repeated: the file's id is the idempotency key."""

    blobs: Blobs

    async def validate(self, file_id: str) -> Counted | Refused:
        """Count the rows of a file, and set the bad ones apart."""
        landed = await self.blobs.read(f"landing/{file_id}.csv")
        if landed is None or not landed.content:
            return Refused("missing")
        try:
            found = sort(landed.content)
        except UnusableError:
            return Refused("unusable")
        if found.good_rows <= found.bad_rows:
            return Refused("too_many_rejects")
        if await self._first(f"rejects/{file_id}.parquet", found.bad) == _DROPPED:
            return Refused("dropped")
        return Counted(landed.version, found.good_rows, found.bad_rows)

    async def refuse_validation(self, file_id: str) -> Counted | Refused:
        """Make sure that the file is not validated from now on. If it was before, that is the answer."""
        if await self._first(f"rejects/{file_id}.parquet", _DROPPED) == _DROPPED:
            return Refused("no_answer")
        return await self.validate(file_id)

    async def quarantine(self, file_id: str) -> None:
        """Move the whole file into quarantine, and drop what was set apart, now and forever."""
        await self.blobs.write(f"rejects/{file_id}.parquet", _DROPPED)
        landed = await self.blobs.read(f"landing/{file_id}.csv")
        if landed is not None and landed.content:
            await self.blobs.write(f"quarantine/{file_id}.csv", landed.content)
            await self.blobs.write(f"landing/{file_id}.csv", _DROPPED)

    async def load(self, file_id: str, version: str) -> int | Refused:
        """Stage the good rows of the file, as it was validated. Returns how many there are."""
        landed = await self.blobs.read(f"landing/{file_id}.csv")
        if landed is None or landed.version != version:
            return await self._stage(file_id, _DROPPED, "changed")
        found = sort(landed.content)
        return await self._stage(file_id, *(found.good, "dropped") if found.is_unique else (_DROPPED, "not_unique"))

    async def refuse_loading(self, file_id: str) -> int | Refused:
        """Make sure that nothing is staged from now on. If it was before, that is the answer."""
        return await self._stage(file_id, _DROPPED, "no_answer")

    async def drop(self, file_id: str) -> None:
        """Make sure that nothing of the file is staged, now or ever."""
        await self.blobs.write(f"data/{file_id}.parquet", _DROPPED)

    async def publish(self, file_id: str, day: str) -> Refused | None:
        """Let readers see the file's rows as those of the day, the first file of the day alone."""
        return await manifest.swap(self.blobs, lambda found: found.naming(file_id, day))

    async def withdraw(self, file_id: str) -> Refused | None:
        """Make sure that the file is never published, unless it is already."""
        return await manifest.swap(self.blobs, lambda found: found.refusing(file_id))

    async def restore(self, file_id: str) -> None:
        """Take the file out of the manifest, now and forever."""
        await manifest.swap(self.blobs, lambda found: found.without(file_id))

    async def read_back(self, file_id: str, day: str, rows: int) -> Refused | None:
        """Read the day as a reader does."""
        found, _ = await manifest.read(self.blobs)
        data = await self.blobs.read(f"data/{found.days.get(day)}.parquet")
        is_whole = data is not None and data.content != _DROPPED and parquet_rows(data.content) == rows
        return None if found.days.get(day) == file_id and is_whole else Refused("not_as_loaded")

    async def effects(self) -> AsyncIterator[Held]:
        """See `quartet.Ledger`."""
        found, _ = await manifest.read(self.blobs)
        published = set(found.days.values())
        for day, file_id in found.days.items():
            yield Held(file_id, f"named {day}", "named", 1)
        async for name in self.blobs.names():
            folder, _, file_name = name.partition("/")
            blob, file_id = await self.blobs.read(name), file_name.partition(".")[0]
            if blob is not None and blob.content and file_name:
                for place, rows in _places(folder, blob.content, is_published=file_id in published):
                    yield Held(file_id, f"{place} {name}", place, rows)

    async def _stage(self, file_id: str, rows: bytes, reason: str) -> int | Refused:
        # A process may have staged it before the file was moved, and died: what is there decides.
        standing = await self._first(f"data/{file_id}.parquet", rows)
        return parquet_rows(standing) if standing != _DROPPED else Refused(reason)

    async def _first(self, name: str, content: bytes) -> bytes:
        """Write a blob, unless there is one. Returns the content that is there."""
        if await self.blobs.write(name, content, over=NOTHING):
            return content
        standing = await self.blobs.read(name)
        return standing.content if standing is not None else _DROPPED


def _places(folder: str, content: bytes, *, is_published: bool) -> Iterator[tuple[str, int]]:
    match folder:
        case "landing":
            yield "landed", landed_rows(content)
        case "quarantine":
            yield "landed", landed_rows(content)
            yield "quarantined", landed_rows(content)
        case "rejects":
            yield "rejected", parquet_rows(content)
        case "data":
            yield "published" if is_published else "staged", parquet_rows(content)


def rows_of(evidence: Evidence, participant: str) -> dict[str, dict[str, int]]:
    """How many rows of each file are where, by the lake of a participant."""
    rows: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for effect in evidence.effects(participant):
        if isinstance(effect, Held):
            rows[effect.saga_id][effect.place] += effect.rows
    return rows
